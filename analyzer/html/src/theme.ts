// Light or dark: as the system says, unless the reader has chosen. Paper is light.
import { useEffect, useState } from "preact/hooks";

export type Choice = "auto" | "light" | "dark";
const KEY = "residue-theme";
const dark = matchMedia("(prefers-color-scheme: dark)");
const listeners = new Set<() => void>();
let choice: Choice = stored();
let printing = false;

function stored(): Choice {
    try {
        const kept = localStorage.getItem(KEY);
        return kept === "light" || kept === "dark" ? kept : "auto";
    } catch {
        return "auto"; // a file may have no storage
    }
}

function apply(): void {
    const isDark = !printing && (choice === "dark" || (choice === "auto" && dark.matches));
    document.documentElement.dataset.theme = isDark ? "dark" : "light";
    for (const listener of listeners) listener();
}

export function themeChoice(): Choice {
    return choice;
}

export function chooseTheme(next: Choice): void {
    choice = next;
    try {
        localStorage.setItem(KEY, next);
    } catch {
        // then for this visit alone
    }
    apply();
}

export function printTheme(on: boolean): void {
    printing = on;
    apply();
}

// Renders again whenever the theme is another: its name.
export function useTheme(): string {
    const [name, setName] = useState(document.documentElement.dataset.theme!);
    useEffect(() => {
        const listener = () => setName(document.documentElement.dataset.theme!);
        listeners.add(listener);
        return () => void listeners.delete(listener);
    }, []);
    return name;
}

// The colour that a custom property has now, for canvases.
export function colour(name: string, opacity = 1): string {
    const value = getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
    if (opacity === 1) return value;
    return value + Math.round(opacity * 255).toString(16).padStart(2, "0");
}

export function moves(): boolean {
    return !matchMedia("(prefers-reduced-motion: reduce)").matches;
}

dark.addEventListener("change", apply);
apply();
