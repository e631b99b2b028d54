// Figures for people, as the report in the terminal writes them (analyzer/report_text_write.c).

const UNITS = ["B", "KiB", "MiB", "GiB", "TiB"];

function decimal(value: number, places: number): string {
    if (!Number.isFinite(value) || Math.abs(value) >= 1e15) return value.toPrecision(3);
    const halfEven = { roundingMode: "halfEven" }; // as printf does: 2.25 KiB are 2.2 KiB here and there
    return value.toLocaleString("en-US", { minimumFractionDigits: places, maximumFractionDigits: places, ...halfEven });
}

// The largest unit of which there are at least `least`; four digits are not worth a smaller one.
function unitOf(bytes: number, least: number): number {
    let unit = 0;
    while (
        unit + 1 < UNITS.length &&
        Math.abs(bytes) >= Math.min(least * 1024 ** (unit + 1), 1000 * least * 1024 ** unit)
    )
        unit++;
    return unit;
}

export function count(value: number): string {
    return decimal(value, 0);
}

export function bytes(value: number): string {
    const unit = unitOf(value, 1);
    return `${decimal(value / 1024 ** unit, unit ? 1 : 0)} ${UNITS[unit]}`;
}

// One call in a hundred leaves something: that is not nothing.
function ratePlaces(value: number): number {
    return value && Math.abs(value) < 0.1 ? 4 : 1;
}

export function rateBytes(value: number): string {
    const unit = unitOf(value, 10);
    return `${decimal(value / 1024 ** unit, ratePlaces(value))} ${UNITS[unit]}`;
}

export function interval([low, high]: [number, number], rate: number): string {
    const scale = 1024 ** unitOf(rate, 10);
    const places = ratePlaces(rate);
    return `[${decimal(low / scale, places)}, ${decimal(high / scale, places)}]`;
}

export function rate(value: number): string {
    if (Math.abs(value - Math.round(value)) < 1e-9) return decimal(value, 0);
    return decimal(value, Math.abs(value) < 0.1 ? 4 : 2);
}

export function seconds(value: number): string {
    for (const [span, name] of [[365.25 * 86400, "years"], [86400, "days"], [3600, "hours"], [60, "minutes"]] as const)
        if (value >= 2 * span) return `${decimal(value / span, 1)} ${name}`;
    if (value < 0.95) return `${decimal(value * 1000, value * 1000 < 1 ? 1 : 0)} ms`;
    return `${decimal(value, value < 10 ? 1 : 0)} s`;
}

// For an axis whose ticks are `apart`: in one unit, with as many decimals as tell them from each other.
export function secondsTick(value: number, apart: number): string {
    const [scale, unit] = apart < 0.1 ? [1000, "ms"] : apart < 60 ? [1, "s"] : apart < 3600 ? [1 / 60, "min"] : [1 / 3600, "h"];
    const places = Math.max(0, -Math.floor(Math.log10(apart * scale) + 1e-9));
    return `${decimal(value * scale, Math.min(6, places))} ${unit}`;
}

// For the axes of plots: 1.5K, 20M.
export function short(value: number): string {
    for (const [size, letter] of [[1e12, "T"], [1e9, "G"], [1e6, "M"], [1e3, "K"]] as const)
        if (Math.abs(value) >= size) return `${+(value / size).toPrecision(4)}${letter}`;
    return String(+value.toPrecision(4));
}

function several(word: string): string {
    return /[xs]$/.test(word) ? `${word}es` : `${word}s`;
}

export function plural(number: number, word: string): string {
    return `${count(number)} ${number === 1 ? word : several(word)}`;
}

// "critical sections"; a function's name takes no s.
export function kinds(kind: string): string {
    return /^[a-z]+( [a-z]+)*$/.test(kind) ? several(kind) : kind;
}

export const VERDICT_WORDS: Record<string, string> = {
    leak: "leak",
    growing: "growing",
    "too-few-calls": "too few calls",
    warming: "warming up",
    "in-flight": "in flight",
    "one-off": "one-off",
    bounded: "bounded",
    clean: "clean",
};
