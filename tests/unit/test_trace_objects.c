/* Objects in a trace: which references are survivors, that they outlast the compact file, and what
 * is not believed of them. */
#include "tests/unit/report_trace.h"
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

static struct made *made;
static uint32_t logon, addref, release, opened, holder, giver, other;

static void begin(void)
{
    made = made_new();
    logon = made_path(made, 0, "MAPILogonEx", 1);
    addref = made_path(made, 0, "IMAPISession::AddRef", 100);
    release = made_path(made, 0, "IMAPISession::Release", 100);
    uint32_t client = made_module(made, "/bin/client", 1, 0);
    uint32_t library = made_module(made, "/lib/libholder.so", 1, 0);
    uint32_t kind = made_kind_released(made, RESIDUE_CLASS_INTERFACE_REFERENCE,
                                       "interface reference", "Release");
    opened = made_site(made, logon, made_stack(made, client, 0x100, 2), kind);
    holder = made_site(made, addref, made_stack(made, library, 0x200, 2), 0);
    giver = made_site(made, release, made_stack(made, library, 0x300, 2), 0);
    other = made_site(made, release, made_stack(made, client, 0x400, 2), 0);
}

static void end(void)
{
    free(made);
}

TestSuite(trace_objects, .init = begin, .fini = end);

/* A session that was opened, and referred to by a holder in another module `times` times. */
static struct trace_object *session(uint32_t times, uint32_t held)
{
    struct trace_object *object =
        made_object(made, made_interface(made, "IMAPISession"), 0, opened, 1, held);
    made_event(made, RESIDUE_EVENT_OPEN, opened, 1, 0, 0);
    for (uint32_t i = 1; i <= times; i++)
        made_event(made, RESIDUE_EVENT_ADDREF, holder, i, i + 1, 0);
    return object;
}

static uint32_t survivors_at(const struct trace *trace, uint32_t path, uint32_t *first)
{
    uint32_t count = 0;
    for (size_t i = 0; i < trace->survivor_count; i++) {
        const struct trace_site *site = &trace->sites[trace->survivors[i].site];
        if (site->path != path)
            continue;
        cr_assert_eq(trace->kinds[site->kind].class, RESIDUE_CLASS_INTERFACE_REFERENCE);
        if (!count++)
            *first = trace->survivors[i].ordinal;
    }
    return count;
}

Test(trace_objects, each_reference_that_is_held_is_a_survivor)
{
    session(3, 4);
    struct trace *trace = made_done(made);
    uint32_t first = 0;
    cr_assert_eq(survivors_at(trace, logon, &first), 1);
    cr_assert_eq(survivors_at(trace, addref, &first), 3);
    cr_assert_eq(first, 1);
    cr_assert_eq(trace->site_count, trace->own_site_count + 1, "one site, however many references");
}

Test(trace_objects, the_holder_s_release_answers_its_own_reference)
{
    session(3, 3);
    made_event(made, RESIDUE_EVENT_RELEASE, giver, 1, 3, 0);
    uint32_t first = 0;
    struct trace *trace = made_done(made);
    cr_assert_eq(survivors_at(trace, addref, &first), 2);
    cr_assert_eq(first, 1, "the last one is answered first");
}

/* The client gave its own reference back: what lives is the holder's, and is told as the object. */
Test(trace_objects, the_object_itself_is_one_of_the_references)
{
    session(1, 1);
    made_event(made, RESIDUE_EVENT_RELEASE, other, 1, 1, 0);
    uint32_t first = 0;
    struct trace *trace = made_done(made);
    cr_assert_eq(survivors_at(trace, logon, &first), 1);
    cr_assert_eq(survivors_at(trace, addref, &first), 0);
}

Test(trace_objects, what_the_provider_holds_is_none_of_the_client_s)
{
    session(0, 1);
    for (uint32_t i = 1; i <= 5; i++)
        made_event(made, RESIDUE_EVENT_ADDREF, holder, i, i + 1, RESIDUE_EVENT_INNER);
    uint32_t first = 0;
    cr_assert_eq(survivors_at(made_done(made), addref, &first), 0);
}

Test(trace_objects, an_ended_one_is_no_survivor)
{
    session(0, 0)->live = false;
    cr_assert_eq(made_done(made)->survivor_count, 0);
}

/* ---- the compact file ---- */

static struct trace *written(void)
{
    char problem[512] = "", path[] = "/tmp/residue-objects-XXXXXX";
    int fd = mkstemp(path);
    cr_assert_geq(fd, 0);
    close(fd);
    cr_assert(trace_write_compact(made_done(made), path, problem, sizeof problem), "%s", problem);
    struct trace *trace = trace_open(path, problem, sizeof problem);
    unlink(path);
    cr_assert_not_null(trace, "%s", problem);
    cr_assert_not(trace->truncated);
    return trace;
}

static void died(void)
{
    made->trace.header.exit_kind = RESIDUE_EXIT_SIGNALED;
    made->trace.header.exit_status = 11;
}

Test(trace_objects, all_of_it_outlasts_the_compact_file)
{
    session(3, 3)->flags = RESIDUE_OBJECT_FREED;
    made_event(made, RESIDUE_EVENT_RELEASE, giver, 9, 3, RESIDUE_EVENT_INNER)->thread = 11;
    struct trace_object *gone =
        made_object(made, made_interface(made, "IMessage"), 1, opened, 1, 0);
    gone->live = false;
    gone->flags = RESIDUE_OBJECT_USED_AFTER_END;
    made_event(made, RESIDUE_EVENT_CALL, other, 3, 0, RESIDUE_EVENT_AFTER_END);
    made_tally(made, opened, 0, 0, 12);
    made_tally(made, opened, giver, RESIDUE_EVENT_RELEASE, 24);
    made_misuse(made, RESIDUE_MISUSE_USED_AFTER_END, other, opened, 7)->interface = gone->interface;
    made_budget(made, 32, "IMAPISession", "sessions per user", RESIDUE_BUDGET_PROCESS);
    made->fault = (struct residue_fault){.code = 11, .site = other, .object = 2};
    died();
    made->trace.fault = &made->fault;
    struct trace_resource *buffer = made_resource(
        made,
        made_site(made, logon, 1,
                  made_kind_released(made, RESIDUE_CLASS_BUFFER, "MAPI buffer", "MAPIFreeBuffer")),
        1);
    buffer->parent = 0x77;
    size_t before = made_done(made)->survivor_count;

    struct trace *trace = written();
    cr_assert_eq(trace->survivor_count, before);
    cr_assert_eq(trace->site_count, made->trace.site_count);
    cr_assert_str_eq(trace->kinds[1].release, "Release");
    cr_assert_eq(trace->object_count, 2);
    const struct trace_object *object = trace_object_of(trace, 1);
    cr_assert(object->live);
    cr_assert_eq(object->held, 3);
    cr_assert_eq(object->flags, RESIDUE_OBJECT_FREED);
    cr_assert_str_eq(trace->names[object->interface].text, "IMAPISession");
    cr_assert_eq(object->event_count, 5);
    cr_assert_eq(object->event[4].thread, 11);
    cr_assert_eq(object->event[4].ordinal, 9);
    object = trace_object_of(trace, 2);
    cr_assert_not(object->live);
    cr_assert_eq(object->parent, 1);
    cr_assert_eq(object->event[0].kind, RESIDUE_EVENT_CALL);
    cr_assert_null(trace_object_of(trace, 3));
    cr_assert_eq(trace->tally_count, 2);
    cr_assert_eq(trace->tallies[1].count, 24);
    cr_assert_eq(trace->misuse_count, 1);
    cr_assert_eq(trace->misuses[0].count, 7);
    cr_assert_eq(trace->fault->code, 11);
    cr_assert_eq(trace->fault->object, 2);
    cr_assert_eq(trace->budget_count, 1);
    cr_assert_str_eq(trace->budgets[0].interface, "IMAPISession");
    cr_assert_str_eq(trace->budgets[0].text, "sessions per user");
    cr_assert_eq(trace->resource_count, 1);
    cr_assert_eq(trace->resources[0].parent, 0x77);
    trace_close(trace);
}

/* ---- what is not believed ---- */

Test(trace_objects, records_that_lie)
{
    session(1, 2)->parent = 99; /* opened from one that was opened later */
    made->events[0].site = 0;
    made->events[1].kind = 200;
    made_object(made, MADE_MOST + 7, 0, opened, 1, 1);
    made_object(made, 1, 0, MADE_MOST + 7, 1, 1);
    made_misuse(made, (enum residue_misuse_kind)77, other, opened, 1);
    made_misuse(made, RESIDUE_MISUSE_DOUBLE_FREE, MADE_MOST + 7, MADE_MOST + 9, 1)->resource_kind =
        MADE_MOST;
    made_tally(made, MADE_MOST + 7, 0, 0, 12);
    made_budget(made, 0, "IMAPISession", "none at all", RESIDUE_BUDGET_PROCESS);
    made->fault = (struct residue_fault){.code = 11, .site = MADE_MOST + 7};
    died();
    made->trace.fault = &made->fault;
    made->trace.own_site_count = made->trace.site_count; /* survivors are not made of these */
    struct trace *trace = written();
    cr_assert_eq(trace->object_count, 2, "one of a site that is not there");
    cr_assert_eq(trace->objects[0].parent, 0);
    cr_assert_eq(trace->objects[0].event_count, 1);
    cr_assert_eq(trace->objects[1].interface, 0);
    cr_assert_eq(trace->misuse_count, 1);
    cr_assert_eq(trace->misuses[0].site, 0);
    cr_assert_eq(trace->misuses[0].acquired_site, 0);
    cr_assert_eq(trace->misuses[0].resource_kind, 0);
    cr_assert_eq(trace->tally_count, 0);
    cr_assert_eq(trace->budget_count, 0);
    cr_assert_eq(trace->fault->site, 0);
    trace_close(trace);
}

/* Windows tells of every fault; a client that dealt with its own did not die of it. */
Test(trace_objects, a_fault_that_was_dealt_with)
{
    struct trace_object *gone =
        made_object(made, made_interface(made, "IMessage"), 0, opened, 1, 0);
    gone->live = false;
    gone->flags = RESIDUE_OBJECT_USED_AFTER_END;
    made_event(made, RESIDUE_EVENT_FAULT, other, 3, 0, RESIDUE_EVENT_AFTER_END);
    made->fault = (struct residue_fault){.code = 0xc0000005, .site = other, .object = 1};
    made->trace.fault = &made->fault;
    made->trace.header.os = RESIDUE_OS_WINDOWS;
    made->trace.header.exit_kind = RESIDUE_EXIT_EXITED;
    made->trace.header.exit_status = 0;
    struct trace *trace = written();
    cr_assert_null(trace->fault);
    cr_assert_eq(trace->objects[0].flags, 0);
    cr_assert_eq(trace->objects[0].event_count, 0);
    trace_close(trace);
    made->trace.header.exit_status = 0xc0000005;
    trace = written();
    cr_assert_eq(trace->fault->code, 0xc0000005);
    cr_assert_eq(trace->objects[0].event_count, 1);
    trace_close(trace);
}
