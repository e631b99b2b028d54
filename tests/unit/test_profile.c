/* Profiles: what the shipped ones say, the grammar, and every mistake with its line. */
#include "analyzer/profile.h"
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static struct profile *profile;
static struct residue_plan *plan;

static void begin(void)
{
    profile = profile_new();
}

static void end(void)
{
    free(plan);
    profile_free(profile);
}

TestSuite(profile, .init = begin, .fini = end);

static void make_plan(void)
{
    size_t size;
    plan = profile_plan(profile, &size);
    cr_assert_not_null(plan, "%s", profile->problem);
    cr_assert_eq(plan->size, size);
}

static const char *words(uint32_t offset)
{
    return (const char *)plan + plan->strings + offset;
}

static const struct residue_plan_function *function_at(uint32_t index)
{
    return (const void *)((const char *)plan + plan->functions +
                          index * sizeof(struct residue_plan_function));
}

static const struct residue_plan_function *flat(const char *name)
{
    for (uint32_t i = 0; i < plan->flat_count; i++)
        if (!strcmp(words(function_at(i)->name), name))
            return function_at(i);
    return NULL;
}

static const struct residue_plan_interface *interface_at(uint32_t index)
{
    return (const void *)((const char *)plan + plan->interfaces +
                          index * sizeof(struct residue_plan_interface));
}

static const struct residue_plan_out *out_at(uint32_t index)
{
    return (const void *)((const char *)plan + plan->outs +
                          index * sizeof(struct residue_plan_out));
}

static const struct residue_plan_action *action_of(const struct residue_plan_function *function,
                                                   uint32_t index)
{
    cr_assert_lt(index, function->action_count);
    return (const void *)((const char *)plan + plan->actions +
                          (function->action_first + index) * sizeof(struct residue_plan_action));
}

static const struct residue_plan_kind *kind_at(uint32_t index)
{
    return (const void *)((const char *)plan + plan->kinds +
                          index * sizeof(struct residue_plan_kind));
}

Test(profile, the_mapi_tables)
{
    cr_assert(profile_read_shipped(profile, "base"), "%s", profile->problem);
    cr_assert(profile_read_shipped(profile, "mapi"), "%s", profile->problem);
    make_plan();
    const struct residue_plan_function *log_on = flat("MAPILogonEx");
    cr_assert_not_null(log_on);
    cr_assert_eq(log_on->parameters, 5);
    cr_assert_eq(log_on->out_count, 1);
    const struct residue_plan_out *out = out_at(log_on->out_first);
    cr_assert_eq(out->parameter, 5);
    const struct residue_plan_interface *session = interface_at(out->interface);
    cr_assert_str_eq(words(session->name), "IMAPISession");
    cr_assert_eq(session->method_count, 22);
    const struct residue_plan_function *open = function_at(session->method_first + 5);
    cr_assert_str_eq(words(open->name), "IMAPISession::OpenMsgStore");
    out = out_at(open->out_first);
    cr_assert_eq(out->parameter, 6);
    cr_assert_eq(out->iid_parameter, 4);
    cr_assert_str_eq(words(interface_at(out->interface)->name), "IMsgStore");
    cr_assert_eq(function_at(session->method_first + 17)->role, RESIDUE_ROLE_LOGOFF);
    cr_assert_eq(function_at(session->method_first + 9)->out_count, 1);
    out = out_at(function_at(session->method_first + 9)->out_first);
    cr_assert_eq(out->interface, RESIDUE_INTERFACE_BY_TYPE);
    cr_assert_eq(out->type_parameter, 5);
    cr_assert_eq(flat("MAPIAllocateBuffer")->flags, RESIDUE_WATCH_OUTERMOST);
    cr_assert_eq(session->probe, 21);
    session = interface_at(session->other); /* the same, laid out as in the Windows headers */
    cr_assert_str_eq(words(session->name), "IMAPISession");
    cr_assert_eq(session->other, RESIDUE_NO_INTERFACE);
    for (uint32_t i = 0; i < session->method_count; i++) {
        cr_assert_eq(function_at(session->method_first + i)->slot, i);
        cr_assert_eq(function_at(session->method_first + i)->base, 0);
    }
}

/* Where C++ callers of mapi4linux find a method. The compiler lays out tests/fixtures/mapi4linux.h
 * by the same rules: tests/e2e/layouts.test calls through it. */
Test(profile, a_layout_is_a_column_of_the_tables)
{
    cr_assert(profile_read_shipped(profile, "mapi4linux"), "%s", profile->problem);
    make_plan();
    cr_assert_eq(interface_at(0)->other, RESIDUE_NO_INTERFACE);
    static const struct {
        const char *method;
        unsigned slot, base;
    } places[] = {
        {"IUnknown::QueryInterface", 4, 1},
        {"IUnknown::AddRef", 2, 1},
        {"IUnknown::Release", 3, 1},
        {"IMAPIProp::Release", 3, 7},
        {"IMAPIProp::OpenProperty", 9, 0},
        {"IMAPIFolder::Release", 3, 7},
        {"IMAPIFolder::OpenProperty", 9, 19},
        {"IMAPIFolder::OpenEntry", 18, 25},
        {"IMAPIFolder::CreateMessage", 21, 0},
        {"IMailboxStore::Invoke", 8, 12},
        {"IMailboxStore::CreateMailbox", 28, 0},
    };
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        const struct residue_plan_function *method = NULL;
        for (uint32_t f = plan->flat_count; !method && f < plan->function_count; f++)
            if (!strcmp(words(function_at(f)->name), places[i].method))
                method = function_at(f);
        cr_assert_not_null(method, "%s", places[i].method);
        cr_assert_eq(method->slot, places[i].slot, "%s: %u", places[i].method, method->slot);
        cr_assert_eq(method->base, places[i].base, "%s: %u", places[i].method, method->base);
    }
}

Test(profile, flat_names_are_sorted_and_globs_come_last)
{
    cr_assert(profile_read_shipped(profile, "mapi"));
    profile_watch(profile, "A*");
    profile_watch(profile, "zebra");
    make_plan();
    cr_assert_eq(plan->glob_count, 1);
    uint32_t plain = plan->flat_count - 1;
    for (uint32_t i = 1; i < plain; i++)
        cr_assert_lt(strcmp(words(function_at(i - 1)->name), words(function_at(i)->name)), 0);
    cr_assert_str_eq(words(function_at(plain)->name), "A*");
}

Test(profile, every_option_of_the_grammar)
{
    cr_assert(profile_read_shipped(profile, "mapi"), "%s", profile->problem); /* for IUnknown */
    cr_assert(profile_read_text(profile, "p",
                                "# a comment\n"
                                "kind \"a thing\" class=private-heap counted\n"
                                "acquire make \"a thing\" handle=out3 size=arg1*arg2 parent=arg4 "
                                "ok=nonnegative call=never\n"
                                "release drop \"a thing\" handle=arg2 ok=zero call=outermost\n"
                                "resize grow \"a thing\" from=arg1 size=arg2\n"
                                "pair init done handle=none ok=zero\n"
                                "opens door out=2 iid=1 default=IUnknown\n"
                                "kind slot class=other numbers counted=thread release=shut\n"
                                "kind seat class=other of=slot\n"
                                "acquire sit seat handle=out1[1] if=arg2:-1\n"
                                "release stand seat handle=rows2 if=arg1:0x10 refuses\n"
                                "returns *::SetProps 3 \"list of troubles\"\n"
                                "budget IUnknown 3 per=session \"any objects\"\n"),
              "%s", profile->problem);
    make_plan();
    const struct residue_plan_action *make = action_of(flat("make"), 0);
    cr_assert_eq(make->handle.where, RESIDUE_WHERE_OUT);
    cr_assert_eq(make->handle.index, 3);
    cr_assert_eq(make->size.index, 1);
    cr_assert_eq(make->size.index2, 2);
    cr_assert_eq(make->parent.index, 4);
    cr_assert_eq(make->success, RESIDUE_SUCCESS_NONNEGATIVE);
    cr_assert_eq(flat("make")->flags, 0);
    cr_assert_eq(action_of(flat("drop"), 0)->handle.index, 2);
    cr_assert_eq(flat("drop")->flags, RESIDUE_WATCH_OUTERMOST);
    cr_assert_eq(action_of(flat("grow"), 0)->op, RESIDUE_RESIZE);
    cr_assert_eq(action_of(flat("grow"), 0)->handle.where, RESIDUE_WHERE_RETURN);
    cr_assert_eq(action_of(flat("done"), 0)->op, RESIDUE_RELEASE);
    cr_assert_eq(action_of(flat("done"), 0)->handle.where, RESIDUE_WHERE_NONE);
    cr_assert_eq(action_of(flat("done"), 0)->kind, action_of(flat("init"), 0)->kind);
    cr_assert_eq(out_at(flat("door")->out_first)->iid_parameter, 1);
    const struct residue_plan_action *sit = action_of(flat("sit"), 0);
    cr_assert_eq(sit->handle.index2, 1);
    cr_assert_eq(sit->when.index, 2);
    cr_assert_eq(sit->equals, -1);
    const struct residue_plan_kind *seat = kind_at(sit->kind);
    cr_assert_eq(seat->space, sit->kind - 1);
    cr_assert(seat->numbers && !seat->counted);
    cr_assert_str_eq(words(seat->release), "shut");
    cr_assert_eq(kind_at(seat->space)->counted, RESIDUE_COUNTED_BY_THREAD);
    cr_assert_str_eq(words(kind_at(action_of(flat("make"), 0)->kind)->release), "drop");
    cr_assert_eq(action_of(flat("stand"), 0)->handle.where, RESIDUE_WHERE_ROWS);
    cr_assert_eq(action_of(flat("stand"), 0)->equals, 16);
    cr_assert_eq(action_of(flat("stand"), 0)->flags, RESIDUE_ACTION_REFUSES);
}

static const struct residue_plan_function *method(const char *name)
{
    for (uint32_t i = plan->flat_count; i < plan->function_count; i++)
        if (!strcmp(words(function_at(i)->name), name))
            return function_at(i);
    cr_assert_fail("no %s", name);
    return NULL;
}

/* The buffers of the tables, in the words of the profile. */
Test(profile, what_calls_return)
{
    cr_assert(profile_read_shipped(profile, "base"), "%s", profile->problem);
    cr_assert(profile_read_shipped(profile, "mapi"), "%s", profile->problem);
    make_plan();
    static const struct {
        const char *method, *kind, *release;
        unsigned parameter;
    } buffers[] = {
        {"IMessage::GetProps", "property array", "MAPIFreeBuffer", 4},
        {"IMAPITable::QueryRows", "row set", "FreeProws", 3},
        {"IAddrBook::Address", "address list", "FreePadrlist", 3},
        {"IMsgStore::GetReceiveFolder", "entry ID", "MAPIFreeBuffer", 4},
        {"IMAPISession::GetLastError", "MAPIERROR", "MAPIFreeBuffer", 3},
        {"IMAPIFolder::GetNamesFromIDs", "property tag array", "MAPIFreeBuffer", 1},
    };
    for (size_t i = 0; i < sizeof buffers / sizeof *buffers; i++) {
        const struct residue_plan_action *action = action_of(method(buffers[i].method), 0);
        const struct residue_plan_kind *kind = kind_at(action->kind);
        cr_assert_eq(action->op, RESIDUE_ACQUIRE);
        cr_assert_eq(action->handle.index, buffers[i].parameter, "%s", buffers[i].method);
        cr_assert_eq(action->success, RESIDUE_SUCCESS_NONNEGATIVE);
        cr_assert_eq(kind->class, RESIDUE_CLASS_RETURNED);
        cr_assert_str_eq(words(kind->name), buffers[i].kind);
        cr_assert_str_eq(words(kind->release), buffers[i].release);
        cr_assert_eq(kind->rows, strcmp(buffers[i].release, "MAPIFreeBuffer") != 0);
        cr_assert_str_eq(words(kind_at(kind->space)->name), "buffer");
    }
    cr_assert(action_of(method("IMAPIFolder::GetNamesFromIDs"), 0)->flags & RESIDUE_ACTION_IN_OUT);
    cr_assert_eq(action_of(method("IMessage::GetProps"), 0)->flags, 0u);
    cr_assert_eq(method("IXPLogon::AddressTypes")->action_count, 0u, "they are the provider's");
    cr_assert_eq(action_of(flat("MAPIReadMail"), 0)->success, RESIDUE_SUCCESS_ZERO);
    cr_assert_eq(action_of(flat("MAPIAllocateBuffer"), 0)->size.index, 1, "no more than that");
    cr_assert_eq(flat("MAPIAllocateBuffer")->action_count, 1u);
    /* Every `returns` line is about a buffer of the tables. */
    for (size_t i = 0; i < profile->returns_count; i++) {
        bool used = false;
        for (uint32_t k = 0; !used && k < plan->kind_count; k++)
            used = !strcmp(words(kind_at(k)->name), profile->returns[i].kind);
        cr_assert(used, "%s", profile->returns[i].kind);
    }
    cr_assert_eq(plan->budget_count, 7u);
}

static void wrong(const char *text, const char *said)
{
    struct profile *one = profile_new();
    cr_assert_not(profile_read_text(one, "p", text), "'%s' was taken", text);
    cr_assert(strncmp(one->problem, said, strlen(said)) == 0, "%s", one->problem);
    cr_assert_null(strchr(one->problem, '\n'));
    profile_free(one);
}

Test(profile, every_mistake_names_its_line)
{
    wrong("frobnicate\n", "p:1: 'frobnicate' is no statement");
    wrong("\n\npair one\n", "p:3: pair needs");
    wrong("acquire f\n", "p:1: acquire needs");
    wrong("acquire f k handle=arg0\n", "p:1: 'arg0'");
    wrong("acquire f k handle=somewhere\n", "p:1: 'somewhere'");
    wrong("acquire f k size=out1\n", "p:1: 'out1'");
    wrong("acquire f k size=arg1*two\n", "p:1: 'arg1*two'");
    wrong("acquire f k ok=maybe\n", "p:1: ok=maybe");
    wrong("acquire f k call=often\n", "p:1: call=often");
    wrong("acquire f k what=1\n", "p:1: option 'what='");
    wrong("acquire f k loose\n", "p:1: 'loose'");
    wrong("resize f k\n", "p:1: resize needs from=");
    wrong("kind x\n", "p:1: kind needs");
    wrong("kind x class=animal\n", "p:1: class=animal");
    wrong("watch\n", "p:1: watch needs");
    wrong("acquire f k refuses\n", "p:1: acquire has no option 'refuses'");
    wrong("release f k refuses=1\n", "p:1: 'refuses' has no value");
    wrong("acquire f k if=arg1\n", "p:1: 'arg1' is no condition");
    wrong("acquire f k if=arg1:x\n", "p:1: 'arg1:x' is no condition");
    wrong("acquire f k handle=out1[x]\n", "p:1: 'out1[x]'");
    wrong("acquire f k handle=rows1\n", "p:1: 'rows1'");
    wrong("acquire f k handle\n", "p:1: 'handle' needs a value");
    wrong("pair f g counted=twice\n", "p:1: counted=twice");
    wrong("kind x class=other of=y\n", "p:1: no kind 'y'");
    wrong("kind x class=other of=x\n", "p:1: no kind 'x'");
    wrong("kind x class=other counted=once\n", "p:1: counted=once");
    wrong("returns f 3\n", "p:1: returns needs");
    wrong("returns f x y\n", "p:1: 'x' is no parameter");
    wrong("returns f 3 y ok=maybe\n", "p:1: ok=maybe");
    wrong("returns f 3 y z\n", "p:1: 'z'");
    wrong("budget IMessage\n", "p:1: budget needs");
    wrong("budget IMessage 0 per=session x\n", "p:1: '0' is no number");
    wrong("budget IMessage -3 per=session x\n", "p:1: '-3' is no number");
    wrong("budget IMessage 3 per=week x\n", "p:1: 'per=week'");
    wrong("opens f\n", "p:1: opens needs");
    wrong("kind \"x\n", "p:1: a quote");
    char line[2048];
    memset(line, 'x', sizeof line);
    line[sizeof line - 1] = 0;
    wrong(line, "p:1: the line is longer");
}
