/*
 * The thunks of watched functions, 32-bit x86 on Windows. A thunk stands in an import or vtable slot in
 * place of the real function and knows neither its signature nor who takes the arguments off the stack, the
 * function (stdcall) or its caller (cdecl): the stack words are copied, and after the call the stack pointer
 * tells how many of them the function took; the thunk takes as many from its caller. ecx and edx may carry
 * arguments (thiscall, fastcall), eax none.
 */
        .text

#define FRAME      72 /* struct rs_frame, from ebp - FRAME on */
#define INDEX      (-FRAME+0)(%ebp)
#define TARGET     (-FRAME+4)(%ebp)
#define WORDS      (-FRAME+8)(%ebp)
#define SCRATCH(n) (-FRAME+12+4*(n))(%ebp)
#define RESULT(n)  (-FRAME+20+4*(n))(%ebp)
#define BASE       (-FRAME+28)(%ebp)
#define COPY       (-FRAME+64)(%ebp) /* where the copied words begin */
#define TAKEN      (-FRAME+68)(%ebp) /* bytes of them that the function took */
/* The thread's exception handlers are a list through the stack, which begins in its first word. Ours tells
 * the shim when the frame is taken down. */
#define ROOM       (FRAME+8)
#define OUTER      (-ROOM)(%ebp)
#define HANDLER    (-ROOM+4)(%ebp)

        .globl  _rs_thunks
        .p2align 4
_rs_thunks:
        .set    index, 0
        .rept   8192
        .p2align 4
        movl    $index, %eax
        jmp     common
        .set    index, index + 1
        .endr

        .p2align 4
common:
        pushl   %ebp
common_pushed:
        movl    %esp, %ebp
common_framed:
        subl    $ROOM, %esp
        movl    %eax, INDEX
        movl    %ecx, SCRATCH(0)
        movl    %edx, SCRATCH(1)
        movl    %ebp, BASE
        leal    -FRAME(%ebp), %eax
        pushl   %eax
        call    _rs_frame_enter
        movl    $_rs_frame_unwound, HANDLER
        movl    %fs:0, %eax
        movl    %eax, OUTER
        leal    OUTER, %eax
        movl    %eax, %fs:0

        movl    WORDS, %ecx             /* copy the stack words, to where they lie as before in 16 bytes */
        leal    (8+ROOM+15)(,%ecx,4), %eax
        andl    $-16, %eax
        leal    8(%ebp), %esp
        subl    %eax, %esp
        movl    %esp, COPY
        jmp     2f
1:      movl    8(%ebp,%ecx,4), %eax
        movl    %eax, (%esp,%ecx,4)
2:      subl    $1, %ecx
        jns     1b

        movl    SCRATCH(0), %ecx
        movl    SCRATCH(1), %edx
        call    *TARGET

        movl    %eax, RESULT(0)
        movl    %edx, RESULT(1)
        leal    OUTER, %ecx             /* out of the list: it is the first, unless the function left one */
        movl    OUTER, %edx
        movl    %fs:0, %eax
        cmpl    %ecx, %eax
        jne     3f
        movl    %edx, %fs:0
        jmp     5f
4:      movl    (%eax), %eax
3:      cmpl    $-1, %eax
        je      5f
        cmpl    %ecx, (%eax)
        jne     4b
        movl    %edx, (%eax)
5:      movl    %esp, %eax
        subl    COPY, %eax
        movl    %eax, TAKEN
        leal    -FRAME(%ebp), %eax
        movl    %eax, %esp
        pushl   %eax
        call    _rs_frame_leave

        movl    TAKEN, %ecx             /* the return address goes above what was taken */
        movl    4(%ebp), %eax
        movl    %eax, 4(%ebp,%ecx)
        leal    4(%ebp,%ecx), %ecx
        movl    RESULT(0), %eax
        movl    RESULT(1), %edx
        movl    (%ebp), %ebp
        movl    %ecx, %esp
        ret
common_end:

/*
 * How to unwind the frame, in the words of .eh_frame (DWARF 5, section 6.4), for the one who asks: the library
 * of the compilers that unwind by such tables (rs_frames_register). One CIE, one FDE, and the end.
 */
        .section .rdata, "dr"
        .globl  _rs_thunks_frames
        .p2align 2
_rs_thunks_frames:
        .long   2f - 1f
1:      .long   0
        .byte   1
        .asciz  "zPR"
        .uleb128 1
        .sleb128 -4
        .byte   8                       /* the return address' column */
        .uleb128 6
        .byte   0x1b                    /* addresses: relative to their place, 4 bytes */
        .long   _rs_frame_personality - .
        .byte   0x1b
        .byte   0x0c, 4, 4              /* CFA = esp + 4 */
        .byte   0x80 | 8, 1             /* return address at CFA - 4 */
        .p2align 2, 0
2:      .long   4f - 3f
3:      .long   3b - _rs_thunks_frames
        .long   common - .
        .long   common_end - common
        .uleb128 0
        .byte   0x40 | (common_pushed - common)
        .byte   0x0e, 8                 /* CFA = esp + 8 */
        .byte   0x80 | 5, 2             /* ebp at CFA - 8 */
        .byte   0x40 | (common_framed - common_pushed)
        .byte   0x0d, 5                 /* CFA = ebp + 8 */
        .p2align 2, 0
4:      .long   0
