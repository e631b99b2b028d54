/* Where files of Windows programs are on this machine, and the other way. */
#include "analyzer/windows_path.h"
#include "tests/unit/symbols_files.h"

#include <criterion/criterion.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *folder;

static void below(char path[PATH_MAX], const char *rest)
{
    snprintf(path, PATH_MAX, "%s/%s", folder, rest);
}

static void make(const char *rest)
{
    char path[PATH_MAX];
    below(path, rest);
    cr_assert_eq(mkdir(path, 0700), 0, "%s", path);
}

/* A Wine prefix of two drives. */
static void make_prefix(void)
{
    char path[PATH_MAX];
    folder = new_folder();
    make("prefix");
    make("prefix/dosdevices");
    make("prefix/drive_c");
    make("prefix/drive_c/Program Files");
    below(path, "prefix/dosdevices/c:");
    cr_assert_eq(symlink("../drive_c", path), 0);
    below(path, "prefix/dosdevices/z:");
    cr_assert_eq(symlink("/", path), 0);
    below(path, "prefix/drive_c/Program Files/Some.dll");
    write_file(path, (const uint8_t *)"MZ", 2);
    below(path, "prefix");
    setenv("WINEPREFIX", path, 1);
}

static void remove_prefix(void)
{
    remove_folder(folder);
}

TestSuite(windows_path, .init = make_prefix, .fini = remove_prefix, .timeout = 60);

static void is_here(const char *path, const struct windows_drives *drives, const char *want)
{
    char *got = windows_path_here(path, drives);
    cr_assert_str_eq(got, want, "%s: %s, not %s", path, got, want);
    free(got);
}

Test(windows_path, which_paths_are_of_windows)
{
    static const char *const are[] = {"C:\\x", "z:/x", "\\\\server\\share", "\\\\?\\C:\\x",
                                      "\\??\\C:\\x"};
    static const char *const are_not[] = {"", "/x", "C", "C:", "C:x", "\\", "\\x", "1:\\x", "x:y"};
    for (size_t i = 0; i < sizeof are / sizeof *are; i++)
        cr_assert(is_windows_path(are[i]), "%s", are[i]);
    for (size_t i = 0; i < sizeof are_not / sizeof *are_not; i++)
        cr_assert_not(is_windows_path(are_not[i]), "%s", are_not[i]);
}

Test(windows_path, here_by_the_prefix)
{
    struct windows_drives drives = {{0}};
    char want[PATH_MAX], path[PATH_MAX];
    below(want, "prefix/dosdevices/c:/Program Files/Some.dll");
    is_here("C:\\Program Files\\Some.dll", &drives, want);
    is_here("c:\\PROGRAM files\\\\some.DLL", &drives, want);
    is_here("\\\\?\\C:\\Program Files\\Some.dll", &drives, want);
    below(want, "prefix/dosdevices/c:/Program Files/other.dll");
    is_here("C:\\program files\\other.dll", &drives, want);
    snprintf(path, sizeof path, "Z:%s", "/etc/passwd");
    below(want, "prefix/dosdevices/z:/etc/passwd");
    is_here(path, &drives, want);
    is_here("\\\\server\\share\\x", &drives, "\\\\server\\share\\x");
}

Test(windows_path, here_by_drives_that_were_given)
{
    struct windows_drives drives = {{0}};
    char given[PATH_MAX], want[PATH_MAX];
    below(given, "prefix/drive_c/");
    drives.folder['d' - 'a'] = given;
    below(want, "prefix/drive_c/Program Files/Some.dll");
    is_here("D:\\program files\\SOME.dll", &drives, want);
    below(want, "prefix/drive_c");
    is_here("D:\\", &drives, want);
}

/* The drive that is nearest. */
Test(windows_path, there)
{
    char path[PATH_MAX];
    below(path, "prefix/drive_c/Program Files/Some.dll");
    char *there = windows_path_there(path);
    cr_assert_str_eq(there, "c:\\Program Files\\Some.dll", "%s", there);
    free(there);
    there = windows_path_there("/etc/passwd");
    cr_assert_str_eq(there, "z:\\etc\\passwd", "%s", there);
    free(there);
    cr_assert_null(windows_path_there("relative"));
    setenv("WINEPREFIX", "/nonexistent", 1); /* yet to be made */
    there = windows_path_there("/etc/passwd");
    cr_assert_str_eq(there, "z:\\etc\\passwd", "%s", there);
    free(there);
}
