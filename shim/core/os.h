/*
 * The seam between the portable core and an operating system. Each system implements exactly this
 * (shim/linux/os.c). Nothing here may allocate from the client's heap, change errno, or take a lock
 * that the client or its loader can hold; all are async-signal-safe and thread-safe.
 */
#ifndef SHIM_CORE_OS_H
#define SHIM_CORE_OS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "shim/core/unwind.h"

/* Private zeroed memory, page-aligned, costing nothing until touched. NULL when there is none. */
void *rs_os_map(size_t bytes);
void rs_os_unmap(void *memory, size_t bytes);

/* Makes [memory, memory + bytes), page-aligned and part of the trace's mapping, memory that can be
 * written; it reads as zeros. False when the system has no more. */
bool rs_os_commit(void *memory, size_t bytes);

/* Nanoseconds of a clock that never goes back. */
uint64_t rs_os_now_ns(void);

/* Bytes of memory that only this process holds; 0 = not known. */
uint64_t rs_os_private_bytes(void);

/* Tells for each 4096-byte page from `memory`, of a leaf of the trace or of the arena, whether it
 * was ever touched: bit 0 of touched[i]. False when the system can't tell. */
bool rs_os_touched(const void *memory, size_t pages, unsigned char *touched);

/* Copies `size` bytes from where there may be no memory. False: there is none, or the system does
 * not say. Costs a system call. */
bool rs_os_read(const void *from, void *to, size_t size);

/* Can a function be at the address? In a module: only in its code. Elsewhere any memory will do,
 * for code may be generated. */
bool rs_os_is_code(uintptr_t address);

/* Sleeps while *word == value; wakes one sleeper. Spurious returns are allowed. */
void rs_os_wait(uint32_t *word, uint32_t value);
void rs_os_wake(uint32_t *word);

uint32_t rs_os_thread_id(void);
bool rs_os_thread_alive(uint32_t thread_id);

/* The calling thread's stack; {0,0} when not known. */
struct rs_stack_bounds rs_os_stack_bounds(void);

/* The one line the shim may ever print: text without newline. */
void rs_os_say(const char *text);

/* The module that holds `pc`, as a refresh of the list would find it (shim/core/modules.h). False
 * if there is none. Lock-free. */
struct rs_found_module;
bool rs_os_find_module(uintptr_t pc, struct rs_found_module *);

#endif
