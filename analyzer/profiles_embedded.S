/* The shipped profiles. */
#include "analyzer/embed.inc"

        embed(profile_text_base, "shim/profiles/base.profile")
        embed(profile_text_win32, "shim/profiles/win32.profile")
        embed(profile_text_mapi, "shim/profiles/mapi.profile")
        embed(profile_text_exports, "shim/profiles/mapi-exports.tsv")
        embed(profile_text_interfaces, "shim/profiles/mapi-interfaces.tsv")
        embed(profile_text_iids, "shim/profiles/mapi-iids.tsv")

#ifdef __ELF__
        .section .note.GNU-stack, "", @progbits
#endif
