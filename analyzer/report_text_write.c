#include "analyzer/report_text_write.h"
#include "analyzer/utf8.h"
#include <math.h>
#include <stdarg.h>
#include <string.h>

/* ---- printable text ---- */

/* Characters that show nothing, or change how the rest of the line shows. */
static bool misleading(uint32_t character)
{
    return character < 0x20 || (character >= 0x7f && character < 0xa0) || character == 0xad ||
           (character >= 0x200b && character <= 0x200f) ||
           (character >= 0x2028 && character <= 0x202e) ||
           (character >= 0x2060 && character <= 0x206f) || character == 0xfeff ||
           (character >= 0xe0000 && character <= 0xe0fff);
}

static unsigned width_of(uint32_t character)
{
    bool block = character >= 0x2500 && character < 0x25a0; /* lines and bars */
    return character >= 0x1100 && !block ? 2 : 1; /* never too narrow, if sometimes too wide */
}

/* One character of the input as it will be shown. Returns bytes consumed. */
static size_t show(const char *bytes, char shown[24], unsigned *width)
{
    uint32_t character;
    size_t length = utf8_next(bytes, &character);
    if (length && !misleading(character)) {
        memcpy(shown, bytes, length);
        shown[length] = 0;
        *width = width_of(character);
        return length;
    }
    if (!length)
        length = 1;
    *width = 0;
    for (size_t i = 0; i < length; i++)
        *width += (unsigned)snprintf(shown + 4 * i, 5, "\\x%02x", (unsigned char)bytes[i]);
    return length;
}

static unsigned width_shown(const char *bytes)
{
    unsigned total = 0, width;
    char shown[24];
    while (*bytes && total < 1u << 20) {
        bytes += show(bytes, shown, &width);
        total += width;
    }
    return total;
}

struct safe text_safe(const char *bytes, unsigned columns)
{
    struct safe safe = {{0}};
    if (!bytes)
        bytes = "?";
    if (columns > TEXT_SENTENCE_MOST)
        columns = TEXT_SENTENCE_MOST;
    unsigned total = width_shown(bytes);
    bool cut = total > columns && columns > 3;
    unsigned head = cut ? (columns - 3) / 2 : columns;
    unsigned tail_at = cut ? total - (columns - 3 - head) : 0;
    unsigned at = 0, width;
    size_t used = 0;
    bool dots = false;
    char shown[24];
    while (*bytes && at < 1u << 20) {
        bytes += show(bytes, shown, &width);
        at += width;
        bool kept = at <= head || (cut && at - width >= tail_at);
        const char *add = kept ? shown : cut && !dots ? "..." : "";
        dots |= !kept;
        size_t length = strlen(add);
        if (used + length >= sizeof safe.text)
            break;
        memcpy(safe.text + used, add, length);
        used += length;
    }
    return safe;
}

void text_safely(FILE *out, const char *bytes)
{
    char shown[24];
    unsigned width;
    while (*bytes) {
        bytes += show(bytes, shown, &width);
        fputs(shown, out);
    }
}

unsigned text_width(const char *printable)
{
    return width_shown(printable);
}

/* ---- lines ---- */

struct text text_to(FILE *out, unsigned columns, bool colour)
{
    if (!columns)
        columns = TEXT_COLUMNS;
    if (columns < TEXT_COLUMNS_LEAST)
        columns = TEXT_COLUMNS_LEAST;
    if (columns > TEXT_COLUMNS_MOST)
        columns = TEXT_COLUMNS_MOST;
    return (struct text){.out = out, .colour = colour, .columns = columns};
}

struct text text_like(FILE *out, const struct text_look *look)
{
    unsigned columns = look ? look->columns : 0;
    struct text text = text_to(out, columns ? columns : TEXT_COLUMNS_MOST, look && look->colour);
    text.whole = !columns;
    return text;
}

/* Whether there is no room for `width` more on the line. */
static bool is_full(const struct text *text, unsigned width)
{
    return text->filled && !text->whole && text->column + width > text->columns;
}

static void begin_style(struct text *text, enum text_style style)
{
    static const char *const codes[] = {"", "1", "1;31", "33", "32", "2"};
    if (text->colour && style != TEXT_PLAIN)
        fprintf(text->out, "\033[%sm", codes[style]);
}

static void end_style(struct text *text, enum text_style style)
{
    if (text->colour && style != TEXT_PLAIN)
        fputs("\033[0m", text->out);
}

static void put(struct text *text, const char *bytes, unsigned width)
{
    fputs(bytes, text->out);
    text->filled = text->filled || *bytes;
    text->column += width;
}

void text_begin(struct text *text, unsigned indent)
{
    if (text->column)
        text_end(text);
    fprintf(text->out, "%*s", (int)indent, "");
    text->column = indent;
}

void text_end(struct text *text)
{
    putc('\n', text->out);
    text->column = 0;
    text->filled = false;
}

void text_item(struct text *text, unsigned indent, enum text_style style, const char *format, ...)
{
    char bytes[2 * TEXT_SIZE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(bytes, sizeof bytes, format, arguments);
    va_end(arguments);
    struct safe item = text_safe(bytes, text->columns - indent);
    unsigned width = text_width(item.text);
    if (is_full(text, 2 + width))
        text_end(text);
    if (!text->column && indent)
        text_begin(text, indent);
    else if (text->filled) {
        fputs("  ", text->out);
        text->column += 2;
    }
    begin_style(text, style);
    put(text, item.text, width);
    end_style(text, style);
}

/* The first word stands `gap` blanks after what is on the line. Each line's words are one in style:
 * what is searched for is found. */
static void put_words(struct text *text, unsigned indent, enum text_style style, unsigned gap,
                      char *words)
{
    bool styled = false;
    for (char *next = NULL, *word = strtok_r(words, " ", &next); word;
         word = strtok_r(NULL, " ", &next), gap = 1) {
        struct safe safe = text_safe(word, text->columns - indent);
        unsigned width = text_width(safe.text);
        if (is_full(text, gap + width)) {
            if (styled)
                end_style(text, style);
            styled = false;
            text_begin(text, indent);
        }
        if (text->filled) {
            fprintf(text->out, "%*s", (int)gap, "");
            text->column += gap;
        }
        if (!styled)
            begin_style(text, style);
        styled = true;
        put(text, safe.text, width);
    }
    if (styled)
        end_style(text, style);
}

void text_words(struct text *text, unsigned indent, enum text_style style, const char *format, ...)
{
    char bytes[8 * TEXT_SIZE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(bytes, sizeof bytes, format, arguments);
    va_end(arguments);
    put_words(text, indent, style, 2, bytes);
}

void text_paragraph(struct text *text, unsigned indent, enum text_style style, const char *format,
                    ...)
{
    char bytes[8 * TEXT_SIZE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(bytes, sizeof bytes, format, arguments);
    va_end(arguments);
    text_begin(text, indent);
    put_words(text, indent, style, 1, bytes);
    text_end(text);
}

void text_tab(struct text *text, unsigned column)
{
    unsigned blanks = text->column < column ? column - text->column : text->filled;
    fprintf(text->out, "%*s", (int)blanks, "");
    text->column += blanks;
    text->filled = false;
}

/* ---- figures ---- */

/* `digits` of a whole number with commas. */
static void separate(char *to, size_t size, const char *digits)
{
    size_t length = strlen(digits), used = 0;
    for (size_t i = 0; i < length && used + 2 < size; i++) {
        if (i && (length - i) % 3 == 0)
            to[used++] = ',';
        to[used++] = digits[i];
    }
    to[used] = 0;
}

struct figure figure_count(uint64_t count)
{
    struct figure figure;
    char digits[32];
    snprintf(digits, sizeof digits, "%llu", (unsigned long long)count);
    separate(figure.text, sizeof figure.text, digits);
    return figure;
}

/* With `places` decimals and separators; what is beyond counting is given as a power. */
static struct figure figure_decimal(double value, int places)
{
    struct figure figure;
    char digits[40], whole[40];
    if (!isfinite(value) || fabs(value) >= 1e15) {
        snprintf(figure.text, sizeof figure.text, "%.3g", value);
        return figure;
    }
    snprintf(digits, sizeof digits, "%.*f", places, fabs(value));
    char *point = strchr(digits, '.');
    if (point)
        *point = 0;
    separate(whole, sizeof whole, digits);
    snprintf(figure.text, sizeof figure.text, "%s%.24s%s%.8s", value < 0 ? "-" : "", whole,
             point ? "." : "", point ? point + 1 : "");
    return figure;
}

static const struct unit {
    double bytes;
    const char *name;
} units[] = {{1, "B"},
             {1024, "KiB"},
             {1024.0 * 1024, "MiB"},
             {1024.0 * 1024 * 1024, "GiB"},
             {1024.0 * 1024 * 1024 * 1024, "TiB"}};

/* The largest unit of which there are at least `least`; four digits are not worth a smaller one. */
static const struct unit *unit_of(double bytes, double least)
{
    size_t unit = 0;
    while (unit + 1 < sizeof units / sizeof *units &&
           fabs(bytes) >= fmin(least * units[unit + 1].bytes, 1000 * least * units[unit].bytes))
        unit++;
    return &units[unit];
}

static struct figure in_unit(double bytes, const struct unit *unit, int places)
{
    struct figure figure = figure_decimal(bytes / unit->bytes, places);
    size_t used = strlen(figure.text);
    snprintf(figure.text + used, sizeof figure.text - used, " %s", unit->name);
    return figure;
}

struct figure figure_about(double count)
{
    static const struct {
        double count;
        const char *name;
    } words[] = {{1e12, "trillion"}, {1e9, "billion"}, {1e6, "million"}};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (count < 10 * words[i].count)
            continue;
        struct figure figure = figure_decimal(count / words[i].count, 0);
        size_t used = strlen(figure.text);
        snprintf(figure.text + used, sizeof figure.text - used, " %s", words[i].name);
        return figure;
    }
    return figure_decimal(floor(count), 0);
}

struct figure figure_bytes(double bytes)
{
    const struct unit *unit = unit_of(bytes, 1);
    return in_unit(bytes, unit, unit->bytes > 1);
}

/* Bytes stay bytes up to 10 KiB: a developer looks for the size of a structure. */
enum { RATE_LEAST = 10 };

/* One call in a hundred leaves something: that is not nothing. */
static int rate_places(double bytes)
{
    return fabs(bytes) > 0 && fabs(bytes) < 0.1 ? 4 : 1;
}

struct figure figure_rate_bytes(double bytes)
{
    return in_unit(bytes, unit_of(bytes, RATE_LEAST), rate_places(bytes));
}

struct figure figure_interval(double low, double high, double rate)
{
    const struct unit *unit = unit_of(rate, RATE_LEAST);
    int places = rate_places(rate);
    struct figure figure, from = figure_decimal(low / unit->bytes, places),
                          to = figure_decimal(high / unit->bytes, places);
    snprintf(figure.text, sizeof figure.text, "[%.28s, %.28s]", from.text, to.text);
    return figure;
}

struct figure figure_rate(double rate)
{
    if (fabs(rate - round(rate)) < 1e-9)
        return figure_decimal(rate, 0);
    return figure_decimal(rate, fabs(rate) < 0.1 ? 4 : 2);
}

struct figure figure_seconds(double seconds)
{
    static const struct {
        double seconds;
        const char *name;
    } spans[] = {{365.25 * 86400, "years"}, {86400, "days"}, {3600, "hours"}, {60, "minutes"}};
    struct figure figure;
    const char *name = "s";
    int places = seconds < 10;
    for (size_t i = 0; i < sizeof spans / sizeof *spans; i++) {
        if (seconds >= 2 * spans[i].seconds) {
            seconds /= spans[i].seconds;
            name = spans[i].name;
            places = 1;
            break;
        }
    }
    if (!strcmp(name, "s") && seconds < 0.95) {
        seconds *= 1000;
        name = "ms";
        places = seconds < 1;
    }
    struct figure value = figure_decimal(seconds, places);
    snprintf(figure.text, sizeof figure.text, "%.40s %s", value.text, name);
    return figure;
}

struct figure figure_share(double share)
{
    struct figure figure;
    double percent = round(100 * fmin(fmax(share, 0), 1));
    if (share > 0 && percent < 1)
        snprintf(figure.text, sizeof figure.text, "<1%%");
    else
        snprintf(figure.text, sizeof figure.text, "%.0f%%", percent);
    return figure;
}

struct figure figure_bar(double share, bool unicode)
{
    enum { CELLS = 10, PARTS = 8 }; /* Unicode has blocks of eighths */
    struct figure figure = {""};
    unsigned parts = unicode ? PARTS : 1;
    unsigned filled = (unsigned)lround(fmin(fmax(share, 0), 1) * CELLS * parts);
    if (share > 0 && !filled)
        filled = 1;
    size_t used = 0;
    for (unsigned cell = 0; cell < CELLS; cell++) {
        unsigned part = filled > cell * parts ? filled - cell * parts : 0;
        const char *ascii = part ? "#" : ".";
        if (unicode && part) /* U+2588 is full, U+258F one eighth */
            used += (size_t)snprintf(figure.text + used, sizeof figure.text - used, "\xe2\x96%c",
                                     0x88 + PARTS - (int)(part < PARTS ? part : PARTS));
        else
            used += (size_t)snprintf(figure.text + used, sizeof figure.text - used, "%s",
                                     unicode ? " " : ascii);
    }
    return figure;
}
