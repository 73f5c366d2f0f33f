/* The time of day, shifted by HEDGE_CLOCK_SHIFT seconds, for the processes that load this
   (tests/clock.py). Clocks by which processes wait are as they are. */

#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static time_t shift(void)
{
    static time_t seconds = -1;
    if (seconds == -1) {
        const char *given = getenv("HEDGE_CLOCK_SHIFT");
        seconds = given ? atol(given) : 0;
    }
    return seconds;
}

int clock_gettime(clockid_t clock, struct timespec *found)
{
    long status = syscall(SYS_clock_gettime, clock, found);
    if (status == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
        found->tv_sec += shift();
    return (int) status;
}

int gettimeofday(struct timeval *restrict found, void *restrict zone)
{
    long status = syscall(SYS_gettimeofday, found, zone);
    if (status == 0)
        found->tv_sec += shift();
    return (int) status;
}

time_t time(time_t *found)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (found != NULL)
        *found = now.tv_sec;
    return now.tv_sec;
}
