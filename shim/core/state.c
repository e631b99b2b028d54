#include "shim/core/state.h"
#include "shim/core/bytes.h"
#include "shim/core/checkpoint.h"
#include "shim/core/os.h"
#include "shim/core/text.h"
#include "shim/core/writer.h"

struct rs_guard rs_guard __attribute__((aligned(RS_PAGE)));
struct rs_state rs = {.session = 1};

void rs_give_up(const char *why)
{
    if (!__atomic_exchange_n(&rs_guard.recording, 0, __ATOMIC_ACQ_REL))
        return;
    size_t length = rs_length(why);
    length = length < sizeof rs.trace->trouble ? length : sizeof rs.trace->trouble - 1;
    rs_copy(rs.trace->trouble, why, length);
    rs.trace->flags |= RESIDUE_FLAG_INCOMPLETE;
    char line[200] = "recording stopped: ";
    size_t at = rs_length(line);
    rs_copy(line + at, why, length < sizeof line - at - 1 ? length : sizeof line - at - 1);
    rs_os_say(line);
}

bool rs_refuse(struct residue_header *trace, const char *why)
{
    rs.trace = trace;
    rs_guard.recording = 1;
    rs_give_up(why);
    return false;
}

void rs_write_argument(const char *text, size_t length)
{
    length = length < 4096 ? length : 4096;
    rs_lock(&rs.lock);
    struct residue_argument *argument =
        rs_record_new(RESIDUE_RECORD_ARGUMENT, sizeof *argument + length);
    if (argument) {
        argument->length = (uint32_t)length;
        rs_record_text(argument->text, text, length);
        rs_record_done();
    }
    rs_unlock(&rs.lock);
}

void rs_note_end(uint32_t status)
{
    rs_checkpoint(RESIDUE_CHECKPOINT_END, 0);
    rs.trace->exit_kind = RESIDUE_EXIT_EXITED;
    rs.trace->exit_status = status;
    rs.trace->end_ns = rs_os_now_ns() - rs.trace->start_mono_ns;
    rs.trace->state = RESIDUE_STATE_ENDED;
}
