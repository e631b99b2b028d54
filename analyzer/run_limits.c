#include "analyzer/run_limits.h"

#include <residue/profile.h>

#include <sys/resource.h>

static rlim_t plus(rlim_t limit, rlim_t more)
{
    return limit > RLIM_INFINITY - more ? RLIM_INFINITY : limit + more;
}

/* A hard limit goes up for the privileged only; it is enough if it leaves the room. */
static bool raise_one(__rlimit_resource_t which, rlim_t more)
{
    struct rlimit now;
    if (getrlimit(which, &now) != 0)
        return false;
    struct rlimit raised = {plus(now.rlim_cur, more), plus(now.rlim_max, more)};
    if (setrlimit(which, &raised) == 0)
        return true;
    raised.rlim_max = now.rlim_max;
    return raised.rlim_cur <= now.rlim_max && setrlimit(which, &raised) == 0;
}

bool run_limits_raise(void)
{
    struct rlimit space;
    if (getrlimit(RLIMIT_AS, &space) != 0 ||
        !raise_one(RLIMIT_AS, RESIDUE_TRACE_SPACE + RESIDUE_TABLE_SPACE))
        return false;
    if (raise_one(RLIMIT_DATA, RESIDUE_TABLE_SPACE))
        return true;
    setrlimit(RLIMIT_AS, &space);
    return false;
}
