/* Until there are thunks, nothing is watched. */
#include "shim/core/watched.h"

const unsigned char rs_thunks[16];
