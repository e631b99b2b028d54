/* What was noted for one trace is nothing in the next. */
#ifndef SHIM_CORE_FORGET_H
#define SHIM_CORE_FORGET_H

/* Empties every ledger but the shadow: in a forked child, or when recording begins again. No other
 * thread is in the shim. */
void rs_forget_trace(void);

#endif
