// All that is known of the chosen call.
import { useMemo } from "preact/hooks";
import { FindingView } from "./findings";
import { Flame } from "./flame";
import { bytes, count, interval, plural, rate, rateBytes, kinds, VERDICT_WORDS } from "./format";
import { GrowthPlot } from "./growth";
import { hashOf } from "./location";
import { OrdinalsPlot } from "./ordinals";
import { findingsOf, leaks, report, thingsOf, type Call } from "./report";
import { Sites } from "./sites";
import type { Stacked } from "./flame_tree";

function Figure({ name, value, more, tone }: { name: string; value: string; more?: string; tone?: string }) {
    return (
        <div class="figure">
            <dt>{name}</dt>
            <dd><b class={tone}>{value}</b>{more && <small>{more}</small>}</dd>
        </div>
    );
}

function Figures({ call }: { call: Call }) {
    const sure = call.exact ? "exact" : `95% CI ${interval(call.ci95, call.bytes_per_call)}`;
    return (
        <dl class="headline">
            {call.bytes_per_call > 0 && <Figure name="Leaves behind" value={`${rateBytes(call.bytes_per_call)}/call`} more={sure} tone="bad" />}
            {thingsOf(call).map(({ kind, rate: each }) => (
                <Figure key={kind} name={`${kinds(kind)} per call`} value={rate(each)} tone="bad" />
            ))}
            {call.observed_bytes_per_call > 0 && (
                <Figure name="Observed" value={`${rateBytes(call.observed_bytes_per_call)}/call`} more="too few calls for a verdict" />
            )}
            {call.inclusive_bytes_per_call > call.bytes_per_call * 1.000001 && (
                <Figure name="With inner calls" value={`${rateBytes(call.inclusive_bytes_per_call)}/call`} />
            )}
            <Figure name="Calls" value={count(call.count)}
                more={call.finished < call.count ? `${count(call.count - call.finished)} not come back` : undefined} />
            <Figure name="Live at the end" value={call.bytes > 0 ? bytes(call.bytes) : plural(call.survivors, "thing")}
                more={call.bytes > 0 ? plural(call.survivors, "thing") : undefined} />
        </dl>
    );
}

// What the flame graph weighs: of what leaks the rate, else what is live.
function flameOf(call: Call): { title: string; stacks: Stacked[]; weight: (value: number) => string } {
    const leaking = call.sites.filter((site) => leaks(site.verdict));
    const inBytes = leaking.some((site) => site.bytes_per_call! > 0);
    if (leaking.length)
        return {
            title: `Where it leaks, by ${inBytes ? "bytes" : "things"} per call`,
            stacks: leaking.map((site) => ({ stack: site.stack, weight: inBytes ? site.bytes_per_call! : site.per_call! })),
            weight: inBytes ? (value) => `${rateBytes(value)}/call` : (value) => `${rate(value)}/call`,
        };
    const live = call.sites.some((site) => site.bytes > 0);
    return {
        title: `What is live at the end, by ${live ? "bytes" : "things"}`,
        stacks: call.sites.map((site) => ({ stack: site.stack, weight: live ? site.bytes : site.survivors })),
        weight: live ? bytes : (value) => plural(value, "thing"),
    };
}

// The reader is led to the call to mend.
function KeptAlive({ by }: { by: string }) {
    const cause = report.calls.find((call) => call.name === by && leaks(call.verdict) && !call.kept_alive_by);
    return (
        <p>
            What this call leaves is kept alive by what {cause ? <a class="cause" href={hashOf(cause)}>{by}</a> : <b>{by}</b>} leaves.
        </p>
    );
}

export function CallView({ call }: { call: Call }) {
    const flame = useMemo(() => flameOf(call), [call]);
    const findings = findingsOf(call);
    return (
        <div class="panel">
            <div class="title">
                {call.path.length > 0 && <p class="outer">{call.path.join(" \u203a ")} {"\u203a"}</p>}
                <h2><a href={hashOf(call)} title="Link to this call">{call.name}</a> <span class={`badge ${call.verdict}`}>{VERDICT_WORDS[call.verdict]}</span></h2>
            </div>
            <Figures call={call} />
            {call.kept_alive_by && <KeptAlive by={call.kept_alive_by} />}
            {call.sites.length === 0 && <p class="dim">Nothing that was acquired in this call is left.</p>}
            {call.sites.length > 0 && (
                <div class="plots">
                    <GrowthPlot call={call} />
                    <OrdinalsPlot call={call} />
                </div>
            )}
            {findings.length > 0 && (
                <div class="findings">
                    <h3>{plural(findings.length, "finding")}</h3>
                    {findings.map((finding, i) => <FindingView key={i} finding={finding} />)}
                </div>
            )}
            {call.sites.length > 0 && <Flame title={flame.title} root={call.name} stacks={flame.stacks} weight={flame.weight} />}
            <Sites title="Where it was acquired" sites={call.sites} calls={call.count} leftOut={call.sites_left_out} open={1} />
        </div>
    );
}
