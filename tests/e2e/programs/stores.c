/* stores kernel: forbids itself to be written to through the kernel, which may write an address
 * byte by byte while other threads read it; then loads a library whose functions and methods are
 * watched. stores protection: forbids itself to change the protection of memory once the library is
 * loaded.
 */
#include "mapi.h"

#include <dlfcn.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

/* The system call ends the process, or fails if `error` is not 0. */
static void forbid(unsigned number, unsigned error)
{
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, error ? SECCOMP_RET_ERRNO | error : SECCOMP_RET_KILL_PROCESS),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
    struct sock_fprog program = {sizeof filter / sizeof *filter, filter};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program))
        exit(3);
}

int main(int argc, char **argv)
{
    IMAPISession *session = NULL;
    int kernel = argc > 1 && !strcmp(argv[1], "kernel");
    if (kernel)
        forbid(SYS_pwrite64, 0);
    void *library = dlopen("libmapi32.so", RTLD_NOW);
    if (!library)
        return 4;
    if (!kernel)
        forbid(SYS_mprotect, EACCES);
    __typeof__(&MAPILogonEx) logon = (__typeof__(&MAPILogonEx))dlsym(library, "MAPILogonEx");
    if (!logon || logon(0, "profile", NULL, 0, &session) != S_OK)
        return 5;
    for (int i = 0; i < 500; i++) {
        IMsgStore *store = NULL;
        if (session->lpVtbl->OpenMsgStore(session, 0, 0, NULL, NULL, 0, &store) != S_OK)
            return 6;
        store->lpVtbl->Release(store);
    }
    puts("done");
    return 0;
}
