// What a developer should be told beyond a rate. Kinds have keys of their own: what the page knows
// nothing of but its shape is shown all the same.
import { bytes, count, plural, rate, rateBytes } from "./format";
import { History, type HistoryObject, type ObjectEvent } from "./history";
import { baseName, type Finding, type Frame } from "./report";
import { Stack } from "./stack";

const SAID = new Set([
    "kind", "call", "path", "count", "per", "per_call", "bytes_per_call", "message", "stacks", "module", "severity", "detail", "keeps",
    "events", "object", "events_unlisted", "before", "victim", "thread", "other_threads",
]);

type Thing = Record<string, unknown>;

function isThing(value: unknown): value is Thing {
    return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isFrames(value: unknown): value is Frame[] {
    return Array.isArray(value) && value.length > 0 && value.every((one) => isThing(one) && "offset" in one);
}

function isEvents(value: unknown): value is ObjectEvent[] {
    return Array.isArray(value) && value.length > 0 && value.every((one) => isThing(one) && typeof one.event === "string");
}

function words(key: string): string {
    return key.replace(/_/g, " ");
}

function scalar(key: string, value: unknown): string {
    if (key === "address" && typeof value === "number") return `0x${value.toString(16)}`;
    if (typeof value === "number") return /(^|_)bytes$/.test(key) ? bytes(value) : Number.isInteger(value) ? count(value) : rate(value);
    return String(value);
}

function Scalars({ of, but }: { of: Thing; but: Set<string> }) {
    const shown = Object.entries(of).filter(([key, value]) =>
        !but.has(key) && !(key === "place" && "stack" in of) && value !== null && ["string", "number", "boolean"].includes(typeof value));
    if (!shown.length) return null;
    return (
        <dl class="scalars">
            {shown.map(([key, value]) => <div key={key}><dt>{words(key)}</dt><dd>{scalar(key, value)}</dd></div>)}
        </dl>
    );
}

function Other({ name, value, depth }: { name: string; value: unknown; depth: number }) {
    if (depth > 4 || value === null || typeof value !== "object") return null;
    if (isFrames(value)) return <div class="role"><h4>{words(name)}</h4><Stack frames={value} /></div>;
    if (isEvents(value)) return <History events={value} />;
    const things = Array.isArray(value) ? value.filter(isThing) : [value as Thing];
    return (
        <>
            {things.slice(0, 100).map((thing, i) => (
                <details key={i} class="thing" open={i < 3}>
                    <summary>{words(name).replace(/s$/, "")} {Array.isArray(value) ? i + 1 : ""}</summary>
                    <Scalars of={thing} but={new Set()} />
                    {Object.entries(thing).map(([key, inner]) => <Other key={key} name={key} value={inner} depth={depth + 1} />)}
                </details>
            ))}
        </>
    );
}

function Keeps({ keeps }: { keeps: unknown }) {
    if (!Array.isArray(keeps) || !keeps.length) return null;
    return (
        <p class="keeps">
            <span class="dim">keeps alive</span>
            {keeps.filter(isThing).map((kept, i) => (
                <span key={i}>{Number(kept.count) > 1 ? `${count(Number(kept.count))} ` : ""}<b>{String(kept.interface)}</b>
                    {kept.call ? <small> from {String(kept.call)}</small> : null}</span>
            ))}
        </p>
    );
}

// An object's history: the finding's own, or another's that has to do with it.
function HistoryOf({ thing, note }: { thing: unknown; note?: string }) {
    if (!isThing(thing) || !isEvents(thing.events)) return null;
    return (
        <History events={thing.events} of={isThing(thing.object) ? (thing.object as HistoryObject) : undefined} note={note}
            unlisted={Number(thing.events_unlisted) || 0} />
    );
}

export function FindingView({ finding }: { finding: Finding }) {
    const { message, per, per_call, bytes_per_call, stacks, module, severity, detail } = finding;
    return (
        <article class={`finding${severity === "remark" ? " remark" : ""}`}>
            <h4>{message}</h4>
            {typeof detail === "string" && <p>{detail}</p>}
            <p class="site-line">
                {per && <b>{rate(per_call)}/{per}</b>}
                {per && bytes_per_call > 0 && <b class="bad">{rateBytes(bytes_per_call)}/{per}</b>}
                <span>{plural(finding.count, "time")}</span>
                {typeof module === "string" && <span title={module}>{baseName(module)}</span>}
                <span class="kind">{finding.kind}</span>
            </p>
            <Keeps keeps={finding.keeps} />
            <Scalars of={finding} but={SAID} />
            <div class="roles">
                {(stacks ?? []).map((stack, i) => (
                    <div key={i} class="role">
                        <h4>{stack.role} at <small>{plural(stack.count, "time")}</small></h4>
                        <Stack frames={stack.stack} at={stack.place} open most={6} />
                    </div>
                ))}
            </div>
            <HistoryOf thing={finding.before} note="which was at that address before" />
            <HistoryOf thing={finding} />
            <HistoryOf thing={finding.victim} note="which was at that address by then" />
            {Object.entries(finding).filter(([key]) => !SAID.has(key)).map(([key, value]) => (
                <Other key={key} name={key} value={value} depth={0} />
            ))}
        </article>
    );
}
