#include "shim/linux/preload.h"
#include "shim/linux/loader.h"

static bool find_shim(const struct rs_object *object, void *closure)
{
    struct rs_object *shim = closure;
    if (!rs_loader_is_shim(object->start))
        return false;
    *shim = *object;
    return true;
}

uintptr_t rs_preload_address(const char *name)
{
    static struct rs_object shim; /* under the loader's lock of a refresh */
    if (!shim.symbols && !rs_objects_visit(find_shim, &shim))
        return 0;
    return (uintptr_t)rs_object_define(&shim, name, NULL);
}
