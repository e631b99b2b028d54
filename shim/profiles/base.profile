# Always on: locks of the system, and its descriptors. Their acquisition is no call: it is charged to
# the call around it.
kind mutex class=critical-section
kind rwlock class=critical-section
kind "condition variable" class=critical-section
kind "spin lock" class=critical-section

acquire pthread_mutex_init mutex handle=arg1 ok=zero call=never
release pthread_mutex_destroy mutex call=never
acquire pthread_rwlock_init rwlock handle=arg1 ok=zero call=never
release pthread_rwlock_destroy rwlock call=never
acquire pthread_cond_init "condition variable" handle=arg1 ok=zero call=never
release pthread_cond_destroy "condition variable" call=never
acquire pthread_spin_init "spin lock" handle=arg1 ok=zero call=never
release pthread_spin_destroy "spin lock" call=never

# File descriptors are one space of numbers, whatever they are of. A stream has one of its own.
kind "file descriptor" class=other numbers release=close
kind socket class=other of="file descriptor"
kind pipe class=other of="file descriptor"
kind stream class=other release=fclose
kind directory class=other release=closedir

acquire open "file descriptor" ok=nonnegative call=never
acquire open64 "file descriptor" ok=nonnegative call=never
acquire __open_2 "file descriptor" ok=nonnegative call=never
acquire __open64_2 "file descriptor" ok=nonnegative call=never
acquire openat "file descriptor" ok=nonnegative call=never
acquire openat64 "file descriptor" ok=nonnegative call=never
acquire __openat_2 "file descriptor" ok=nonnegative call=never
acquire __openat64_2 "file descriptor" ok=nonnegative call=never
acquire creat "file descriptor" ok=nonnegative call=never
acquire creat64 "file descriptor" ok=nonnegative call=never
acquire mkstemp "file descriptor" ok=nonnegative call=never
acquire mkstemp64 "file descriptor" ok=nonnegative call=never
acquire mkostemp "file descriptor" ok=nonnegative call=never
acquire mkostemp64 "file descriptor" ok=nonnegative call=never
acquire mkstemps "file descriptor" ok=nonnegative call=never
acquire mkstemps64 "file descriptor" ok=nonnegative call=never
acquire mkostemps "file descriptor" ok=nonnegative call=never
acquire mkostemps64 "file descriptor" ok=nonnegative call=never
acquire memfd_create "file descriptor" ok=nonnegative call=never
acquire dup "file descriptor" ok=nonnegative call=never
acquire dup2 "file descriptor" ok=nonnegative call=never
acquire dup3 "file descriptor" ok=nonnegative call=never
acquire fcntl "file descriptor" ok=nonnegative call=never if=arg2:0
acquire fcntl "file descriptor" ok=nonnegative call=never if=arg2:1030
acquire fcntl64 "file descriptor" ok=nonnegative call=never if=arg2:0
acquire fcntl64 "file descriptor" ok=nonnegative call=never if=arg2:1030
acquire eventfd "file descriptor" ok=nonnegative call=never
acquire epoll_create "file descriptor" ok=nonnegative call=never
acquire epoll_create1 "file descriptor" ok=nonnegative call=never
acquire timerfd_create "file descriptor" ok=nonnegative call=never
acquire signalfd "file descriptor" ok=nonnegative call=never
acquire inotify_init "file descriptor" ok=nonnegative call=never
acquire inotify_init1 "file descriptor" ok=nonnegative call=never
acquire socket socket ok=nonnegative call=never
acquire accept socket ok=nonnegative call=never
acquire accept4 socket ok=nonnegative call=never
acquire socketpair socket handle=out4[0] ok=zero call=never
acquire socketpair socket handle=out4[1] ok=zero call=never
acquire pipe pipe handle=out1[0] ok=zero call=never
acquire pipe pipe handle=out1[1] ok=zero call=never
acquire pipe2 pipe handle=out1[0] ok=zero call=never
acquire pipe2 pipe handle=out1[1] ok=zero call=never
release close "file descriptor" call=never

acquire fopen stream call=never
acquire fopen64 stream call=never
acquire tmpfile stream call=never
acquire tmpfile64 stream call=never
acquire popen stream call=never
acquire fmemopen stream call=never
acquire open_memstream stream call=never
release freopen stream handle=arg3 call=never
acquire freopen stream call=never
release freopen64 stream handle=arg3 call=never
acquire freopen64 stream call=never
acquire fdopen stream call=never
release fdopen "file descriptor" ok=nonzero call=never
release fclose stream call=never
release pclose stream call=never

acquire opendir directory call=never
acquire fdopendir directory call=never
release fdopendir "file descriptor" ok=nonzero call=never
release closedir directory call=never
