# Always on: locks of the system. Their acquisition is no call: it is charged to the call around it.
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
