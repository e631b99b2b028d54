/* The shipped profiles, in the program itself: nothing is to be found at run time. */
        .section .rodata
        .macro  embed name, file
        .globl  \name
        .type   \name, @object
\name:
        .incbin "\file"
        .byte   0
        .size   \name, . - \name
        .endm

        embed   profile_text_base, "shim/profiles/base.profile"
        embed   profile_text_win32, "shim/profiles/win32.profile"
        embed   profile_text_mapi, "shim/profiles/mapi.profile"
        embed   profile_text_exports, "shim/profiles/mapi-exports.tsv"
        embed   profile_text_interfaces, "shim/profiles/mapi-interfaces.tsv"
        embed   profile_text_iids, "shim/profiles/mapi-iids.tsv"

        .section .note.GNU-stack, "", @progbits
