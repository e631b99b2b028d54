// Which call the address names: #call/OUTER/INNER, so that a link leads to a call.
import { useEffect, useState } from "preact/hooks";
import { findingsOf, leaks, report, type Call } from "./report";

const byHash = new Map<string, number>();
report.calls.forEach((call, index) => byHash.set(hashOf(call), index));

export function hashOf(call: Call): string {
    return `#call/${[...call.path, call.name].map(encodeURIComponent).join("/")}`;
}

// As browsers write it, whichever of its characters they escape.
function named(): number | null {
    const parts = location.hash.split("/").slice(1);
    try {
        const hash = `#call/${parts.map((part) => encodeURIComponent(decodeURIComponent(part))).join("/")}`;
        return byHash.get(hash) ?? null;
    } catch {
        return null;
    }
}

// What a reader should see first: the call that leaks most of itself, for what it keeps alive of others
// is theirs only in name; or else one that has a finding.
function worst(): number {
    const first = (is: (call: Call) => boolean) => report.calls.findIndex(is);
    const cause = first((call) => leaks(call.verdict) && !call.kept_alive_by);
    if (cause >= 0) return cause;
    return leaks(report.calls[0]?.verdict) ? 0 : Math.max(0, first((call) => findingsOf(call).length > 0));
}

// The index of the chosen call: the one in the address, else the worst.
export function useChosen(): [number, (index: number) => void] {
    const [chosen, setChosen] = useState(named() ?? worst());
    useEffect(() => {
        const listener = () => setChosen((before) => named() ?? before);
        addEventListener("hashchange", listener);
        return () => removeEventListener("hashchange", listener);
    }, []);
    return [
        chosen,
        (index) => {
            setChosen(index);
            history.replaceState(null, "", hashOf(report.calls[index]));
        },
    ];
}
