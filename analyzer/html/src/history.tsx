// What was done to an object's references, in order: how many there were after each event, and where.
import { useState } from "preact/hooks";
import { count, plural } from "./format";
import { frameName, place, type Frame } from "./report";
import { Stack } from "./stack";

const AT_ONCE = 40;

export interface ObjectEvent {
    event: string;
    by?: string;
    references?: number;
    count?: number;
    ordinal?: number;
    thread?: number;
    after_end?: boolean;
    ended_it?: boolean;
    one_too_many?: boolean;
    stack?: Frame[];
}

export interface HistoryObject {
    interface?: string | null;
    opened?: number;
    live?: boolean;
    held?: number;
}

function Where({ stack }: { stack?: Frame[] }) {
    const [open, setOpen] = useState(false);
    const frame = stack?.find((one) => one.file) ?? stack?.[0];
    if (!frame) return null;
    return (
        <details onToggle={(event) => setOpen(event.currentTarget.open)}>
            <summary><span class="function">{frameName(frame)}</span> <span class="place">{place(frame) ?? ""}</span></summary>
            {open && <Stack frames={stack!} open most={6} />}
        </details>
    );
}

function Remarks({ event, last }: { event: ObjectEvent; last: boolean }) {
    return (
        <>
            {event.one_too_many && <span class="badge leak">{event.after_end || !last ? "one too many" : "too early"}</span>}
            {event.ended_it && <span class="badge">its end</span>}
            {event.after_end && !event.one_too_many && <span class="badge too-few-calls">after its end</span>}
        </>
    );
}

// A column that says the same in each row says nothing.
function varies(events: ObjectEvent[], pick: (event: ObjectEvent) => unknown): boolean {
    return events.some((event) => pick(event) !== undefined && pick(event) !== pick(events[0]));
}

export function History({ events, of, note, unlisted = 0 }:
    { events: ObjectEvent[]; of?: HistoryObject; note?: string; unlisted?: number }) {
    const [most, setMost] = useState(AT_ONCE);
    const level = (event: ObjectEvent) => event.references ?? event.count ?? 0;
    const highest = Math.max(1, ...events.map(level));
    const threads = varies(events, (event) => event.thread), calls = varies(events, (event) => event.ordinal);
    const lastRelease = events.filter((event) => event.event === "Release").pop();
    const times = events.some((event) => event.count !== undefined);
    return (
        <div class="history">
            {of?.interface && (
                <h4>
                    References on the {of.interface}{of.opened ? ` of call ${count(of.opened)}` : ""}{note ? `, ${note}` : ""}
                    {of.live && of.held ? <small>{count(of.held)} still held at the end</small> : null}
                </h4>
            )}
            <table class="events">
                <thead>
                    <tr>
                        <th scope="col" class="number">{times ? "Times" : "References"}</th>
                        <th scope="col">Event</th>
                        {events.some((event) => event.by) && <th scope="col">By</th>}
                        {calls && <th scope="col" class="number">Call</th>}
                        {threads && <th scope="col" class="number">Thread</th>}
                        <th scope="col">Where</th>
                    </tr>
                </thead>
                <tbody>
                    {events.slice(0, most).map((event, i) => (
                        <tr key={i} class={event.one_too_many ? "wrong" : event.after_end ? "late" : ""}>
                            <td class="number">
                                {event.after_end ? "" : count(level(event))}
                                <span class="rate-bar" aria-hidden="true"><i style={{ width: `${(100 * level(event)) / highest}%` }} /></span>
                            </td>
                            <th scope="row"><span class="event">{event.event}</span> <Remarks event={event} last={event === lastRelease} /></th>
                            {events.some((one) => one.by) && <td>{event.by}</td>}
                            {calls && <td class="number">{event.ordinal === undefined ? "" : count(event.ordinal)}</td>}
                            {threads && <td class="number">{event.thread ?? ""}</td>}
                            <td><Where stack={event.stack} /></td>
                        </tr>
                    ))}
                </tbody>
            </table>
            {events.length > most && (
                <button type="button" class="more" onClick={() => setMost(most + 200)}>{plural(events.length - most, "later event")}</button>
            )}
            {unlisted > 0 && <p class="dim">{plural(unlisted, "event")} more were not recorded one by one.</p>}
        </div>
    );
}
