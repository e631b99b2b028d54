// What a developer should be told beyond a rate. Kinds have keys of their own: scalars are listed,
// stacks shown, and histories of events drawn as a table.
import { bytes, count, plural, rate, rateBytes } from "./format";
import { baseName, type Finding, type Frame } from "./report";
import { Stack } from "./stack";

const SAID = new Set(["kind", "call", "path", "count", "per", "per_call", "bytes_per_call", "message", "stacks", "module"]);

type Thing = Record<string, unknown>;

function isThing(value: unknown): value is Thing {
    return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isFrames(value: unknown): value is Frame[] {
    return Array.isArray(value) && value.length > 0 && value.every((one) => isThing(one) && "offset" in one);
}

function words(key: string): string {
    return key.replace(/_/g, " ");
}

function scalar(key: string, value: unknown): string {
    if (typeof value === "number") return /(^|_)bytes$/.test(key) ? bytes(value) : Number.isInteger(value) ? count(value) : rate(value);
    return String(value);
}

function Scalars({ of, but }: { of: Thing; but: Set<string> }) {
    const shown = Object.entries(of).filter(([key, value]) =>
        !but.has(key) && value !== null && ["string", "number", "boolean"].includes(typeof value));
    if (!shown.length) return null;
    return (
        <dl class="scalars">
            {shown.map(([key, value]) => <div key={key}><dt>{words(key)}</dt><dd>{scalar(key, value)}</dd></div>)}
        </dl>
    );
}

// What was done to a thing, in order: a bar for each event, and where it was done.
function Events({ events }: { events: Thing[] }) {
    const most = Math.max(1, ...events.map((event) => Number(event.count) || 0));
    const known = new Set(["event", "count", "stack"]);
    const others = [...new Set(events.flatMap((event) => Object.keys(event)))].filter((key) =>
        !known.has(key) && events.every((event) => !isThing(event[key]) && !Array.isArray(event[key])));
    return (
        <table class="events">
            <thead>
                <tr>
                    <th scope="col">Event</th>
                    <th scope="col" class="number">Times</th>
                    {others.map((key) => <th key={key} scope="col">{words(key)}</th>)}
                    <th scope="col">Where</th>
                </tr>
            </thead>
            <tbody>
                {events.map((event, i) => (
                    <tr key={i}>
                        <th scope="row"><span class="event">{String(event.event ?? "")}</span></th>
                        <td class="number">
                            <span class="rate-bar" aria-hidden="true"><i style={{ width: `${(100 * (Number(event.count) || 0)) / most}%` }} /></span>
                            {event.count === undefined ? "" : count(Number(event.count))}
                        </td>
                        {others.map((key) => <td key={key}>{event[key] === null || event[key] === undefined ? "" : scalar(key, event[key])}</td>)}
                        <td>{isFrames(event.stack) ? <Stack frames={event.stack} most={3} /> : ""}</td>
                    </tr>
                ))}
            </tbody>
        </table>
    );
}

// An array or an object that the page knows nothing of but its shape.
function Other({ name, value, depth }: { name: string; value: unknown; depth: number }) {
    if (depth > 4 || value === null || typeof value !== "object") return null;
    if (isFrames(value)) return <div class="role"><h4>{words(name)}</h4><Stack frames={value} /></div>;
    const things = Array.isArray(value) ? value.filter(isThing) : [value as Thing];
    if (!things.length) return null;
    if (name === "events" || things.every((thing) => "event" in thing)) return <Events events={things} />;
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

export function FindingView({ finding }: { finding: Finding }) {
    const { message, per, per_call, bytes_per_call, stacks, module } = finding;
    return (
        <article class="finding">
            <h4>{message}</h4>
            <p class="site-line">
                {per && <b>{rate(per_call)}/{per}</b>}
                {per && bytes_per_call > 0 && <b class="bad">{rateBytes(bytes_per_call)}/{per}</b>}
                <span>{plural(finding.count, "time")}</span>
                {typeof module === "string" && <span title={module}>{baseName(module)}</span>}
                <span class="kind">{finding.kind}</span>
            </p>
            <Scalars of={finding} but={SAID} />
            <div class="roles">
                {(stacks ?? []).map((stack, i) => (
                    <div key={i} class="role">
                        <h4>{stack.role} at <small>{plural(stack.count, "time")}</small></h4>
                        <Stack frames={stack.stack} open most={6} />
                    </div>
                ))}
            </div>
            {Object.entries(finding).filter(([key]) => !SAID.has(key)).map(([key, value]) => (
                <Other key={key} name={key} value={value} depth={0} />
            ))}
        </article>
    );
}
