#include "analyzer/memory_machine.h"

#define WIN32_LEAN_AND_MEAN
#include <windows.h>

uint64_t memory_of_machine(void)
{
    MEMORYSTATUSEX status = {.dwLength = sizeof status};
    return GlobalMemoryStatusEx(&status) ? status.ullTotalPhys : 0;
}

uint64_t memory_of_group(void)
{
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION job;
    if (!QueryInformationJobObject(NULL, JobObjectExtendedLimitInformation, &job, sizeof job,
                                   NULL) ||
        !(job.BasicLimitInformation.LimitFlags & JOB_OBJECT_LIMIT_JOB_MEMORY))
        return 0;
    return job.JobMemoryLimit;
}
