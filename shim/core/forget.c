#include "shim/core/forget.h"
#include "shim/core/checkpoint.h"
#include "shim/core/fault.h"
#include "shim/core/inner.h"
#include "shim/core/misuse.h"
#include "shim/core/objects.h"
#include "shim/core/quarantine.h"
#include "shim/core/released.h"
#include "shim/core/reloads.h"
#include "shim/core/resources.h"

void rs_forget_trace(void)
{
    rs_resources_reset();
    rs_released_reset();
    rs_misuse_reset();
    rs_objects_reset();
    rs_quarantine_reset();
    rs_fault_reset();
    rs_inner_reset();
    rs_reloads_reset();
    rs_checkpoint_reset();
}
