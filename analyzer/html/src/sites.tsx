// The places where what survives was acquired.
import { useMemo, useState } from "preact/hooks";
import { bytes, count, interval, plural, rate, rateBytes, VERDICT_WORDS } from "./format";
import { Spark } from "./ordinals";
import { frameName, leaks, place, shortName, type Frame, type Site } from "./report";
import { Stack } from "./stack";

const AT_ONCE = 25;

function matches(site: Site, words: string[]): boolean {
    const text = [site.resource, ...site.stack.map((frame) => `${frameName(frame)} ${place(frame) ?? ""}`)].join(" ").toLowerCase();
    return words.every((word) => text.includes(word));
}

function Figures({ site }: { site: Site }) {
    const inBytes = site.bytes_per_call !== undefined && site.bytes_per_call > 0;
    return (
        <>
            {leaks(site.verdict) && inBytes && <b class="bad">{rateBytes(site.bytes_per_call!)}/call</b>}
            {leaks(site.verdict) && <span>{rate(site.per_call!)}/call</span>}
            {leaks(site.verdict) && inBytes && <span>{site.exact ? "exact" : `95% CI ${interval(site.ci95!, site.bytes_per_call!)}`}</span>}
            {!leaks(site.verdict) && inBytes && <span>{rateBytes(site.bytes_per_call!)}/call observed</span>}
            <span>{count(site.survivors)} live at the end{site.bytes > 0 ? `, ${bytes(site.bytes)}` : ""}</span>
        </>
    );
}

function SiteView({ site, calls, open }: { site: Site; calls?: number; open: boolean }) {
    const [shown, setShown] = useState(open);
    const frame: Frame | undefined = site.stack[site.place ?? 0];
    return (
        <details class="site" open={shown} onToggle={(event) => setShown(event.currentTarget.open)}>
            <summary>
                <span class="site-line">
                    <span class="resource">{site.resource}</span>
                    {site.verdict && <span class={`badge ${site.verdict}`}>{VERDICT_WORDS[site.verdict]}</span>}
                    <Figures site={site} />
                    {calls !== undefined && <Spark site={site} calls={calls} />}
                </span>
                <span class="site-place">
                    {frame ? <><b title={frameName(frame)}>{shortName(frameName(frame))}</b> <span class="place">{place(frame) ?? ""}</span></> : "no stack"}
                </span>
            </summary>
            {shown && <Stack frames={site.stack} at={site.place} cut={site.stack_cut} open />}
        </details>
    );
}

interface Props {
    title: string;
    sites: Site[];
    calls?: number;
    leftOut?: number;
    open: number; // how many are open at first
}

export function Sites({ title, sites, calls, leftOut = 0, open }: Props) {
    const [filter, setFilter] = useState("");
    const [most, setMost] = useState(AT_ONCE);
    const found = useMemo(() => {
        const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
        return words.length ? sites.filter((site) => matches(site, words)) : sites;
    }, [sites, filter]);
    if (!sites.length) return null;
    return (
        <div class="sites">
            <div class="tools">
                <h3>{title}</h3>
                {sites.length > 5 && (
                    <input type="search" placeholder="Filter places" aria-label={`Filter by function, file or kind: ${title}`} value={filter}
                        spellcheck={false} onInput={(event) => { setFilter(event.currentTarget.value); setMost(AT_ONCE); }} />
                )}
                <span class="shown" role="status">{count(found.length)} of {count(sites.length)}</span>
            </div>
            {found.slice(0, most).map((site, i) => <SiteView key={sites.indexOf(site)} site={site} calls={calls} open={i < open} />)}
            {found.length > most && (
                <button type="button" class="more" onClick={() => setMost(most + 100)}>
                    {plural(Math.min(100, found.length - most), "more place")} of {count(found.length - most)}
                </button>
            )}
            {leftOut > 0 && <p class="dim">{plural(leftOut, "place")} more left out of the report.</p>}
        </div>
    );
}
