// What was acquired in no watched call.
import { useMemo } from "preact/hooks";
import { Flame } from "./flame";
import { bytes, plural } from "./format";
import { report } from "./report";
import { Sites } from "./sites";

export function OutsideView() {
    const { outside } = report;
    const live = outside.bytes > 0;
    const stacks = useMemo(
        () => outside.sites.map((site) => ({ stack: site.stack, weight: live ? site.bytes : site.survivors })), [outside, live]);
    if (!outside.sites.length) return null;
    const places = outside.sites.length + (outside.sites_left_out ?? 0);
    return (
        <section class="panel" aria-labelledby="outside">
            <h2 id="outside">Outside watched calls</h2>
            <p>{plural(outside.survivors, "thing")} live at the end, {bytes(outside.bytes)}, from {plural(places, "place")}.</p>
            <Flame title={`What is live outside, by ${live ? "bytes" : "things"}`} root="outside" stacks={stacks}
                weight={live ? bytes : (value) => plural(value, "thing")} />
            <Sites title="Where it was acquired" sites={outside.sites} leftOut={outside.sites_left_out} open={0} />
        </section>
    );
}
