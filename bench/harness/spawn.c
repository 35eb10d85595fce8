// Runs one command and prints what it took: wall time in ns, user and system time in µs, peak
// resident set in KiB, exit code. A program of its own, linked statically, because a child's peak
// counts the memory of the process that it was forked from, which for a script is megabytes.
//
//   spawn STDIN STDOUT RUNS COMMAND [ARGUMENT]...
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long long now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static long long microseconds(struct timeval t) { return t.tv_sec * 1000000LL + t.tv_usec; }

static void become(char** command, const char* input, const char* output) {
  int in = open(input, O_RDONLY);
  int out = open(output, O_WRONLY | O_CREAT | O_TRUNC, 0644);
  if (in < 0 || out < 0) _exit(126);
  dup2(in, 0);
  dup2(out, 1);
  dup2(out, 2);
  execvp(command[0], command);
  _exit(127);
}

int main(int argc, char** argv) {
  if (argc < 5) {
    fputs("usage: spawn STDIN STDOUT RUNS COMMAND [ARGUMENT]...\n", stderr);
    return 2;
  }
  long runs = strtol(argv[3], NULL, 10);
  for (long r = 0; r < runs; ++r) {
    long long start = now_ns();
    pid_t child = vfork();
    if (child < 0) return 1;
    if (child == 0) become(argv + 4, argv[1], argv[2]);
    int status = 0;
    struct rusage usage;
    if (wait4(child, &status, 0, &usage) != child) return 1;
    long long wall = now_ns() - start;
    int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    printf("%lld %lld %lld %ld %d\n", wall, microseconds(usage.ru_utime),
           microseconds(usage.ru_stime), usage.ru_maxrss, code);
  }
  return 0;
}
