// Which call the address names: #call/OUTER/INNER, so that a link leads to a call.
import { useEffect, useState } from "preact/hooks";
import { report, type Call } from "./report";

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

// The index of the chosen call: the one in the address, else the first.
export function useChosen(): [number, (index: number) => void] {
    const [chosen, setChosen] = useState(named() ?? 0);
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
