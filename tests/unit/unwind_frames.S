/* Frames by hand, and the capture of a caller's registers. See unwind_frames.h. */

        .text

        .macro function name
        .globl  \name
        .type   \name, @function
\name:
        .endm

        .macro finish name
        .size   \name, . - \name
        .endm

function unwind_capture
        .cfi_startproc
        mov     (%rsp), %rax
        lea     8(%rsp), %rdx
        sub     $88, %rsp
        .cfi_adjust_cfa_offset 88
        mov     %rax, 0(%rsp)
        mov     %rdx, 8(%rsp)
        mov     %rbp, 16(%rsp)
        lea     32(%rsp), %rax
        mov     %rax, 24(%rsp)
        mov     %rbx, 32(%rsp)
        mov     %r12, 40(%rsp)
        mov     %r13, 48(%rsp)
        mov     %r14, 56(%rsp)
        mov     %r15, 64(%rsp)
        mov     %rsi, 72(%rsp)
        mov     %rdi, 80(%rsp)
        mov     %rsp, %rdi
        call    unwind_captured
        add     $88, %rsp
        .cfi_adjust_cfa_offset -88
        ret
        .cfi_endproc
finish unwind_capture

/* Calls its argument with the processor's trap flag set. */
function unwind_single_steps
        .cfi_startproc
        pushfq
        .cfi_adjust_cfa_offset 8
        orq     $0x100, (%rsp)
        popfq
        .cfi_adjust_cfa_offset -8
        sub     $8, %rsp
        .cfi_adjust_cfa_offset 8
        call    *%rdi
        add     $8, %rsp
        .cfi_adjust_cfa_offset -8
        pushfq
        .cfi_adjust_cfa_offset 8
        andq    $~0x100, (%rsp)
        popfq
        .cfi_adjust_cfa_offset -8
        ret
        .cfi_endproc
finish unwind_single_steps

/* The CFA's address is kept in the frame: CFA = *(rsp + 8). */
function unwind_cfa_by_expression
        .cfi_startproc
        lea     8(%rsp), %rax
        sub     $24, %rsp
        .cfi_adjust_cfa_offset 24
        mov     %rax, 8(%rsp)
        /* DW_CFA_def_cfa_expression, 3 bytes: DW_OP_breg7 8, DW_OP_deref */
        .cfi_escape 0x0f, 3, 0x77, 8, 0x06
        call    *%rdi
        /* DW_CFA_def_cfa rsp, 32 */
        .cfi_escape 0x0c, 7, 32
        add     $24, %rsp
        .cfi_adjust_cfa_offset -24
        ret
        .cfi_endproc
finish unwind_cfa_by_expression

function unwind_cfa_by_rbx
        .cfi_startproc
        push    %rbx
        .cfi_adjust_cfa_offset 8
        .cfi_rel_offset %rbx, 0
        mov     %rsp, %rbx
        .cfi_def_cfa_register %rbx
        sub     $64, %rsp
        call    *%rdi
        mov     %rbx, %rsp
        .cfi_def_cfa_register %rsp
        pop     %rbx
        .cfi_adjust_cfa_offset -8
        .cfi_restore %rbx
        ret
        .cfi_endproc
finish unwind_cfa_by_rbx

/* rbp saved where only an expression finds it; r12 by a value expression that starts from r12
 * itself, which is not 0: that would be one not known. */
function unwind_saved_by_expression
        .cfi_startproc
        sub     $40, %rsp
        .cfi_adjust_cfa_offset 40
        mov     %rbp, 16(%rsp)
        mov     %r12, 24(%rsp)
        mov     %rsp, %r12
        /* DW_CFA_expression rbp: CFA - 32, written as const1s -64, const1u 32, plus, plus */
        .cfi_escape 0x10, 6, 6, 0x09, 0xc0, 0x08, 32, 0x22, 0x22
        /* DW_CFA_val_expression r12: dup, drop, drop, breg12 24, deref */
        .cfi_escape 0x16, 12, 6, 0x12, 0x13, 0x13, 0x7c, 24, 0x06
        mov     $0, %ebp
        call    *%rdi
        mov     16(%rsp), %rbp
        mov     24(%rsp), %r12
        .cfi_restore %rbp
        .cfi_restore %r12
        add     $40, %rsp
        .cfi_adjust_cfa_offset -40
        ret
        .cfi_endproc
finish unwind_saved_by_expression

function unwind_saved_in_register
        .cfi_startproc
        push    %rbx
        .cfi_adjust_cfa_offset 8
        .cfi_rel_offset %rbx, 0
        mov     %rbp, %rbx
        .cfi_register %rbp, %rbx
        mov     $0, %ebp
        call    *%rdi
        mov     %rbx, %rbp
        .cfi_restore %rbp
        pop     %rbx
        .cfi_adjust_cfa_offset -8
        .cfi_restore %rbx
        ret
        .cfi_endproc
finish unwind_saved_in_register

function unwind_after_restored_state
        .cfi_startproc
        push    %rbp
        .cfi_adjust_cfa_offset 8
        .cfi_rel_offset %rbp, 0
        mov     %rsp, %rbp
        .cfi_def_cfa_register %rbp
        sub     $48, %rsp
        .cfi_remember_state
        test    %rdi, %rdi
        jnz     1f
        leave
        .cfi_def_cfa %rsp, 8
        .cfi_restore %rbp
        ret
1:      .cfi_restore_state
        call    *%rdi
        leave
        .cfi_def_cfa %rsp, 8
        .cfi_restore %rbp
        ret
        .cfi_endproc
finish unwind_after_restored_state

/* Damaged tables: one half of a CFA that is an expression is changed, and a state restored that was
 * never kept. Never called. */
function unwind_damaged
        .cfi_startproc
        nop
        .cfi_escape 0x0f, 3, 0x77, 8, 0x06 /* DW_CFA_def_cfa_expression: breg7 8, deref */
        nop
        .cfi_escape 0x0e, 16 /* DW_CFA_def_cfa_offset */
        nop
        ret
        .cfi_endproc
finish unwind_damaged

function unwind_damaged_state
        .cfi_startproc
        nop
        .cfi_escape 0x0b /* DW_CFA_restore_state */
        ret
        .cfi_endproc
finish unwind_damaged_state

function unwind_without_cfi
        sub     $8, %rsp
        call    *%rdi
        add     $8, %rsp
        ret
finish unwind_without_cfi

function unwind_wild_frame
        .cfi_startproc
        push    %rbp
        movabs  $0x1000000000, %rbp
        /* DW_CFA_def_cfa rbp, 0: a lie */
        .cfi_escape 0x0c, 6, 0
        call    *%rdi
        .cfi_escape 0x0c, 7, 16
        pop     %rbp
        .cfi_adjust_cfa_offset -8
        ret
        .cfi_endproc
finish unwind_wild_frame

function unwind_false_frame
        .cfi_startproc
        push    %rbp
        /* DW_CFA_def_cfa rsp, 0: a lie */
        .cfi_escape 0x0c, 7, 0
        call    *%rdi
        .cfi_escape 0x0c, 7, 16
        pop     %rbp
        .cfi_adjust_cfa_offset -8
        ret
        .cfi_endproc
finish unwind_false_frame

/* One byte of code for each step of the program. */
function unwind_every_operation
        .cfi_startproc
        nop                             /* 0: CFA rsp + 8 */
        .cfi_escape 0x2e, 16            /* GNU_args_size */
        .cfi_escape 0x05, 6, 2          /* offset_extended rbp: CFA - 16 */
        nop                             /* 1 */
        .cfi_escape 0x11, 3, 0x7d       /* offset_extended_sf rbx, -3: CFA + 24 */
        nop                             /* 2 */
        .cfi_escape 0x12, 6, 0x7e       /* def_cfa_sf rbp, -2: rbp + 16 */
        nop                             /* 3 */
        .cfi_escape 0x13, 0x7c          /* def_cfa_offset_sf -4: rbp + 32 */
        nop                             /* 4 */
        .cfi_escape 0x14, 12, 3         /* val_offset r12: CFA - 24 */
        .cfi_escape 0x15, 13, 0x7f      /* val_offset_sf r13, -1: CFA + 8 */
        nop                             /* 5 */
        .cfi_escape 0x0a                /* remember_state */
        .cfi_escape 0x07, 12            /* undefined r12 */
        .cfi_escape 0x08, 13            /* same_value r13 */
        .cfi_escape 0x06, 6             /* restore_extended rbp */
        .cfi_escape 0x0e, 80            /* def_cfa_offset 80 */
        nop                             /* 6 */
        .cfi_escape 0x0b                /* restore_state */
        nop                             /* 7: as 5 */
        .cfi_escape 0x2f, 14, 1         /* GNU_negative_offset_extended r14: CFA + 8 */
        .cfi_escape 0x09, 15, 3         /* register r15 in rbx */
        nop                             /* 8 */
        .cfi_escape 0x80, 1             /* offset rax (not one we follow): nothing changes */
        .cfi_escape 0x05, 40, 2         /* a vector register: nothing changes */
        nop                             /* 9: as 8 */
        .cfi_escape 0x07, 16            /* undefined RA */
        nop                             /* 10: the outermost frame */
        .cfi_endproc
finish unwind_every_operation

        .section .note.GNU-stack, "", @progbits
