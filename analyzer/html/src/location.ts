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

// What a reader should see first: the call that leaks most, or else one that has a finding.
function worst(): number {
    if (!report.calls.length || leaks(report.calls[0].verdict)) return 0;
    return Math.max(0, report.calls.findIndex((call) => findingsOf(call).length > 0));
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
