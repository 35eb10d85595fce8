// Lists a folder and all below it, in order of name, with the sizes of files.
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { path_max = 1024, depth_max = 16 };

static int by_name(const void* a, const void* b) {
  return strcmp(*(char* const*)a, *(char* const*)b);
}

/// The names in a folder but "." and "..", sorted; null where it cannot be read.
static char** list(const char* path, size_t* count) {
  DIR* folder = opendir(path);
  if (!folder) return NULL;
  char** names = malloc(sizeof *names);
  *count = 0;
  struct dirent* entry;
  while ((entry = readdir(folder))) {
    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
    names = realloc(names, (*count + 1) * sizeof *names);
    names[(*count)++] = strdup(entry->d_name);
  }
  closedir(folder);
  qsort(names, *count, sizeof *names, by_name);
  return names;
}

static int show(const char* path, int depth) {
  size_t count;
  char** names = list(path, &count);
  if (!names) {
    fprintf(stderr, "tree: %s: %s\n", path, strerror(errno));
    return 1;
  }
  int failures = 0;
  for (size_t i = 0; i < count; ++i) {
    char child[path_max];
    snprintf(child, sizeof child, "%s/%s", path, names[i]);
    struct stat about;
    if (lstat(child, &about) != 0) {
      fprintf(stderr, "tree: %s: %s\n", child, strerror(errno));
      ++failures;
    } else if (S_ISDIR(about.st_mode)) {
      printf("%*s%s/\n", 2 * depth, "", names[i]);
      if (depth < depth_max) failures += show(child, depth + 1);
    } else {
      printf("%*s%s (%lld bytes)\n", 2 * depth, "", names[i], (long long)about.st_size);
    }
    free(names[i]);
  }
  free(names);
  return failures;
}

int main(int argc, char** argv) {
  const char* root = argc > 1 ? argv[1] : ".";
  printf("%s\n", root);
  return show(root, 1) > 0;
}
