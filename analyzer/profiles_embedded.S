/* The shipped profiles, in the program itself: nothing is to be found at run time. */
#ifdef __ELF__
        .section .rodata
#else
        .section .rdata, "dr"
#endif
/* Names have an underscore before them where the compiler puts one: 32-bit Windows. */
#define JOINED(prefix, name)  prefix ## name
#define JOIN(prefix, name)    JOINED(prefix, name)
#define embed(name, file)               \
        .globl  JOIN(__USER_LABEL_PREFIX__, name); \
JOIN(__USER_LABEL_PREFIX__, name):      \
        .incbin file;                   \
        .byte   0

        embed(profile_text_base, "shim/profiles/base.profile")
        embed(profile_text_win32, "shim/profiles/win32.profile")
        embed(profile_text_mapi, "shim/profiles/mapi.profile")
        embed(profile_text_exports, "shim/profiles/mapi-exports.tsv")
        embed(profile_text_interfaces, "shim/profiles/mapi-interfaces.tsv")
        embed(profile_text_iids, "shim/profiles/mapi-iids.tsv")

#ifdef __ELF__
        .section .note.GNU-stack, "", @progbits
#endif
