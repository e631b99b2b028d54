/*
 * The thunks of watched functions, x64 with Microsoft's ABI. A thunk stands in an import or vtable slot in
 * place of the real function and knows nothing of its signature: every register that can carry an argument
 * or a result comes through as it was, and the stack words are copied. Vector registers are kept here,
 * because the shim asks the system for things, and that may use them (wherever the stack pointer is: not every
 * caller aligns it). The frame has unwind codes, so exceptions pass through; its handler tells the shim when one
 * does.
 */
#include "shim/core/thunks-x86_64.inc"

        .text

#define FRAME      128 /* struct rs_frame, from rbp - FRAME on */
#define VECTORS    96
#define HOMES      32
#define ROOM       (FRAME + VECTORS + HOMES)
#define INDEX      (-FRAME+0)(%rbp)
#define TARGET     (-FRAME+8)(%rbp)
#define WORDS      (-FRAME+16)(%rbp)
#define ARG(n)     (-FRAME+24+8*(n))(%rbp)
#define SCRATCH(n) (-FRAME+56+8*(n))(%rbp)
#define RESULT(n)  (-FRAME+72+8*(n))(%rbp)
#define BASE       (-FRAME+88)(%rbp)
#define VECTOR(n)  (-FRAME-VECTORS+16*(n))(%rbp)

        .macro keep_vectors numbers:vararg
        .irp    n, \numbers
        movups  %xmm\n, VECTOR(\n)
        .endr
        .endm

        .macro bring_back_vectors numbers:vararg
        .irp    n, \numbers
        movups  VECTOR(\n), %xmm\n
        .endr
        .endm

/* A thunk itself is a leaf: it needs no entry in the function table. */
        .globl  rs_thunks
        .p2align 4
rs_thunks:
        thunks 8192

        .def    common; .scl 3; .type 32; .endef
        .p2align 4
        .seh_proc common
common:
        pushq   %rbp
        .seh_pushreg %rbp
        movq    %rsp, %rbp
        .seh_setframe %rbp, 0
        subq    $ROOM, %rsp
        .seh_stackalloc ROOM
        .seh_endprologue
        .seh_handler rs_frame_unwound, @unwind
        movq    %r11, INDEX
        movq    %rcx, ARG(0)
        movq    %rdx, ARG(1)
        movq    %r8, ARG(2)
        movq    %r9, ARG(3)
        movq    %rax, SCRATCH(0)
        movq    %r10, SCRATCH(1)
        movq    %rbp, BASE
        keep_vectors 0, 1, 2, 3, 4, 5
        leaq    -FRAME(%rbp), %rcx
        call    rs_frame_enter

        copy_stack_words WORDS

        bring_back_vectors 0, 1, 2, 3, 4, 5
        movq    ARG(0), %rcx
        movq    ARG(1), %rdx
        movq    ARG(2), %r8
        movq    ARG(3), %r9
        movq    SCRATCH(0), %rax
        movq    SCRATCH(1), %r10
        movq    TARGET, %r11
        call    *%r11

        movq    %rax, RESULT(0)
        movq    %rdx, RESULT(1)
        keep_vectors 0, 1, 2, 3
        leaq    -FRAME(%rbp), %rcx
        call    rs_frame_leave
        bring_back_vectors 0, 1, 2, 3
        movq    RESULT(0), %rax
        movq    RESULT(1), %rdx
        leaq    0(%rbp), %rsp
        popq    %rbp
        ret
        .seh_endproc
