/*
 * Functions of a PE module, with unwind information of every kind there is. Each is called with a
 * function in rcx, and calls it in its body; rdx is a number that a test chooses.
 */
        .text

        .macro  function name
        .globl  \name
        .p2align 4
        .seh_proc \name
\name:
        .endm

        .macro  end
        .seh_endproc
        .endm

        .macro  push reg
        pushq   %\reg
        .seh_pushreg %\reg
        .endm

        .macro  allocate bytes
        subq    $\bytes, %rsp
        .seh_stackalloc \bytes
        .endm

        .macro  save reg, at
        movq    %\reg, \at(%rsp)
        .seh_savereg %\reg, \at
        .endm

        .macro  save_vector reg, at
        movups  %\reg, \at(%rsp)
        .seh_savexmm %\reg, \at
        .endm

        function saved_by_push
        push    r15
        push    r14
        push    r13
        push    r12
        push    rbp
        push    rdi
        push    rsi
        push    rbx
        allocate 40
        .seh_endprologue
        movl    $-1, %ebx
        movl    $-2, %esi
        movl    $-3, %edi
        movl    $-4, %ebp
        movl    $-5, %r12d
        movl    $-6, %r13d
        movl    $-7, %r14d
        movl    $-8, %r15d
        call    *%rcx
        nop
        addq    $40, %rsp
        popq    %rbx
        popq    %rsi
        popq    %rdi
        popq    %rbp
        popq    %r12
        popq    %r13
        popq    %r14
        popq    %r15
        ret
        end

        function saved_by_mov
        allocate 0x98
        save    rbx, 0x90
        save    rsi, 0xa0
        save_vector xmm6, 0x40
        save    rdi, 0x20
        .seh_endprologue
        movl    $-1, %ebx
        movl    $-2, %esi
        movl    $-3, %edi
        call    *%rcx
        movups  0x40(%rsp), %xmm6
        movq    0x20(%rsp), %rdi
        movq    0xa0(%rsp), %rsi
        movq    0x90(%rsp), %rbx
        addq    $0x98, %rsp
        ret
        end

/* What lies too far for the short forms. */
        function far_away
        push    rbx
        allocate 0x120000
        save    rsi, 0x118000
        save_vector xmm7, 0x110000
        .seh_endprologue
        movl    $-1, %ebx
        movl    $-2, %esi
        call    *%rcx
        movups  0x110000(%rsp), %xmm7
        movq    0x118000(%rsp), %rsi
        addq    $0x120000, %rsp
        popq    %rbx
        ret
        end

/* The frame hangs on a register, and the stack goes on below it by as much as is asked for. */
        .macro  framed reg
        function frame_by_\reg
        push    \reg
        push    r15
        allocate 0x158
        leaq    0x80(%rsp), %\reg
        .seh_setframe %\reg, 0x80
        save    r14, 0x40
        .seh_endprologue
        shlq    $4, %rdx
        subq    %rdx, %rsp
        movl    $-1, %r14d
        movl    $-2, %r15d
        call    *%rcx
        movq    -0x40(%\reg), %r14
        leaq    0xd8(%\reg), %rsp
        popq    %r15
        popq    %\reg
        ret
        end
        .endm
        framed  rbp
        framed  rbx
        framed  rsi
        framed  rdi
        framed  r13

/* The order of old: what is pushed behind the frame register is found from the stack pointer. */
        function pushed_behind_the_frame
        push    rbp
        movq    %rsp, %rbp
        .seh_setframe %rbp, 0
        push    rbx
        allocate 40
        .seh_endprologue
        movl    $-1, %ebx
        call    *%rcx
        nop
        addq    $40, %rsp
        popq    %rbx
        popq    %rbp
        ret
        end

        function another_way_to_return
        allocate 40
        .seh_endprologue
        call    *%rcx
        nop
        addq    $40, %rsp
        rep ret
        end

        function nothing_but_a_return
        .seh_endprologue
        ret
        end

/* ---- jumps out of the function ---- */

        function jumps_near
        push    rbx
        allocate 32
        .seh_endprologue
        movl    $-1, %ebx
        call    *%rcx
        addq    $32, %rsp
        popq    %rbx
        jmp     nothing_but_a_return
        end

        function jumps_far
        allocate 40
        .seh_endprologue
        call    *%rcx
        addq    $40, %rsp
        .byte   0xe9 /* with 32 bits */
        .long   leaf - . - 4
        end

        function jumps_by_register
        push    r12
        allocate 32
        .seh_endprologue
        movl    $-1, %r12d
        call    *%rcx
        leaq    leaf(%rip), %rax
        addq    $32, %rsp
        popq    %r12
        rex.W jmp *%rax
        end

        function jumps_by_memory
        push    rbx
        allocate 48
        .seh_endprologue
        movl    $-1, %ebx
        call    *%rcx
        leaq    leaf(%rip), %rax
        movq    %rax, pointer(%rip)
        addq    $48, %rsp
        popq    %rbx
        jmp     *pointer(%rip)
        end

/* Jumps inside of a function are none of an epilogue. */
        function jumps_inside
        allocate 40
        .seh_endprologue
        jmp     2f
1:      leaq    3f(%rip), %rax
        jmp     *%rax
2:      call    *%rcx
        jmp     1b
3:      addq    $40, %rsp
        ret
        end

/* Without an entry in the table. */
        .globl  leaf
leaf:   leaq    (%rcx,%rdx), %rax
        incq    %rax
        ret

        function calls_a_leaf
        push    rsi
        allocate 32
        .seh_endprologue
        movq    %rcx, %rsi
        call    leaf
        call    *%rsi
        nop
        addq    $32, %rsp
        popq    %rsi
        ret
        end

/* ---- interrupted by the processor ---- */

/* Lays the processor's frame on the stack by itself, as if interrupted at `interrupted_at`. */
        function interrupts_itself
        push    rbx
        allocate 32
        movq    %rsp, %rbx
        .seh_setframe %rbx, 0
        .seh_endprologue
        movl    %ss, %eax
        pushq   %rax
        pushq   %rbx
        pushfq
        movl    %cs, %eax
        pushq   %rax
        leaq    interrupted_at(%rip), %rax
        pushq   %rax
        leaq    handles(%rip), %rax
        testq   %rdx, %rdx
        jz      1f
        leaq    handles_with_code(%rip), %rax
        pushq   $14
1:      jmp     *%rax
        .globl  interrupted_at
interrupted_at:
        nop
        addq    $32, %rsp
        popq    %rbx
        ret
        end

/* How they return is no epilogue: nothing is told of it. */
        .macro  handler name, code
        function \name
        .if     \code
        .seh_pushframe code
        .else
        .seh_pushframe
        .endif
        push    rbp
        allocate (32 + 8 * \code)
        .seh_endprologue
        movl    $-3, %ebp
        call    *%rcx
        nop
        .globl  \name\()_return
\name\()_return:
        addq    $(32 + 8 * \code), %rsp
        popq    %rbp
        .if     \code
        addq    $8, %rsp
        .endif
        iretq
        end
        .endm
        handler handles, 0
        handler handles_with_code, 1

/* ---- written by hand: what the assembler has no words for ---- */

/* A part of its own that saves one register more, chained to the whole. */
        .globl  chained
        .p2align 4
chained:
        pushq   %rbx
        subq    $48, %rsp
chained_prologue_end:
        movl    $-1, %ebx
chained_part:
        movq    %rsi, 32(%rsp)
chained_part_saved:
        movl    $-2, %esi
        call    *%rcx
        movq    32(%rsp), %rsi
chained_rest:
        nop
        addq    $48, %rsp
        popq    %rbx
        ret
chained_end:

/* One that tells by itself where its epilogues are: the second kind of table. */
        .globl  second_version
        .p2align 4
second_version:
        pushq   %rbx
        pushq   %rdi
        subq    $40, %rsp
second_prologue_end:
        movl    $-1, %ebx
        movl    $-2, %edi
        testq   %rdx, %rdx
        jz      1f
        call    *%rcx
        addq    $40, %rsp
second_first_epilogue:
        popq    %rdi
        popq    %rbx
        ret
1:      call    *%rcx
        jmp     3f
2:      addq    $40, %rsp
second_last_epilogue:
        popq    %rdi
        popq    %rbx
        ret
second_end:
3:      jmp     2b /* a way out and back, which is no epilogue by the table */
second_outside_end:

        .section .pdata
        .rva    chained, chained_part, chained_whole
        .rva    chained_part, chained_rest, chained_part_info
        .rva    chained_rest, chained_end, chained_rest_info
        .rva    second_version, second_end, second_info
        .rva    second_end, second_outside_end, second_outside_info

        .section .xdata
        .p2align 2
chained_whole:
        .byte   1, chained_prologue_end - chained, 2, 0
        .byte   chained_prologue_end - chained, 0x52 /* 48 bytes */
        .byte   1, 0x30                              /* rbx */
chained_part_info:
        .byte   1 | 4 << 3, chained_part_saved - chained_part, 2, 0
        .byte   chained_part_saved - chained_part, 0x64 /* rsi */
        .short  32 / 8
        .rva    chained, chained_part, chained_whole
chained_rest_info: /* nothing more; what is left of a slot is not read */
        .byte   1 | 4 << 3, 0, 0, 0
        .rva    chained, chained_part, chained_whole
second_info:
        .byte   2, second_prologue_end - second_version, 5, 0
        .byte   second_end - second_last_epilogue, 0x16 /* their size; one is at the end */
        .byte   second_end - second_first_epilogue, 0x06
        .byte   second_prologue_end - second_version, 0x42
        .byte   2, 0x70
        .byte   1, 0x30
        .short  0
second_outside_info: /* no prologue of its own; it has no epilogue */
        .byte   2 | 4 << 3, 0, 0, 0
        .rva    second_version, second_end, second_info

        .data
pointer:
        .quad   0
