/*
 * The thunks of watched functions, x86-64 System V. A thunk stands in an import or vtable slot in place of
 * the real function and knows nothing of its signature: every register that can carry an argument or a
 * result comes through as it was (vector registers because the shim's C code never touches one), and the
 * stack words are copied. The frame is an ordinary one with unwind tables, so exceptions pass through; its
 * personality tells the shim when one does.
 */
#include "shim/core/thunks-x86_64.inc"

        .text
        .hidden rs_frame_enter
        .hidden rs_frame_leave
        .hidden rs_frame_personality

#define FRAME     144
#define INDEX     (-FRAME+0)(%rbp)
#define TARGET    (-FRAME+8)(%rbp)
#define WORDS     (-FRAME+16)(%rbp)
#define ARG(n)    (-FRAME+24+8*(n))(%rbp)
#define SAVED_RAX (-FRAME+72)(%rbp)
#define SAVED_R10 (-FRAME+80)(%rbp)
#define RESULT(n) (-FRAME+88+8*(n))(%rbp)
#define BASE      (-FRAME+104)(%rbp)

        .globl  rs_thunks
        .hidden rs_thunks
        .type   rs_thunks, @function
        .p2align 4
rs_thunks:
        .cfi_startproc
        thunks 8192
        .cfi_endproc
        .size   rs_thunks, . - rs_thunks

        .type   common, @function
        .p2align 4
common:
        .cfi_startproc
        .cfi_personality 0x1b, rs_frame_personality
        pushq   %rbp
        .cfi_def_cfa_offset 16
        .cfi_offset %rbp, -16
        movq    %rsp, %rbp
        .cfi_def_cfa_register %rbp
        subq    $FRAME, %rsp
        movq    %r11, INDEX
        movq    %rdi, ARG(0)
        movq    %rsi, ARG(1)
        movq    %rdx, ARG(2)
        movq    %rcx, ARG(3)
        movq    %r8, ARG(4)
        movq    %r9, ARG(5)
        movq    %rax, SAVED_RAX
        movq    %r10, SAVED_R10
        movq    %rbp, BASE
        movq    %rsp, %rdi
        call    rs_frame_enter

        copy_stack_words WORDS, 16

        movq    ARG(0), %rdi
        movq    ARG(1), %rsi
        movq    ARG(2), %rdx
        movq    ARG(3), %rcx
        movq    ARG(4), %r8
        movq    ARG(5), %r9
        movq    SAVED_RAX, %rax
        movq    SAVED_R10, %r10
        movq    TARGET, %r11
        call    *%r11

        movq    %rax, RESULT(0)
        movq    %rdx, RESULT(1)
        leaq    -FRAME(%rbp), %rdi
        call    rs_frame_leave
        movq    RESULT(0), %rax
        movq    RESULT(1), %rdx
        leave
        .cfi_def_cfa %rsp, 8
        ret
        .cfi_endproc
        .size   common, . - common

/*
 * dlsym and dlvsym ask who called them (RTLD_NEXT, the caller's namespace): where the name is not watched,
 * the real one must see the caller's return address, so it is jumped to.
 */
        .macro  asks_for_symbol name, real, version
        .globl  \name
        .type   \name, @function
        .p2align 4
\name:
        .cfi_startproc
        endbr64
        pushq   %rdi
        .cfi_adjust_cfa_offset 8
        pushq   %rsi
        .cfi_adjust_cfa_offset 8
        pushq   %rdx
        .cfi_adjust_cfa_offset 8
        .ifc    \version, no_version
        xorl    %edx, %edx
        .endif
        movq    24(%rsp), %rcx          /* return address: who asks */
        call    rs_symbol_watched
        popq    %rdx
        .cfi_adjust_cfa_offset -8
        popq    %rsi
        .cfi_adjust_cfa_offset -8
        popq    %rdi
        .cfi_adjust_cfa_offset -8
        testq   %rax, %rax
        jz      1f
        ret
1:      jmp     *\real(%rip)
        .cfi_endproc
        .size   \name, . - \name
        .endm

        .hidden rs_symbol_watched
        .hidden rs_real_dlsym
        .hidden rs_real_dlvsym

        asks_for_symbol dlsym, rs_real_dlsym, no_version
        asks_for_symbol dlvsym, rs_real_dlvsym, with_version

        .section .note.GNU-stack, "", @progbits
