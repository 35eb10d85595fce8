// Makes a JSON document, parses it to a tree, prints the tree and parses that again: bytes,
// strings, branches and a recursive walk.
#include "kernel.h"

enum { text_capacity = 1 << 18, value_capacity = 1 << 14, depth_max = 6 };

enum kind { kind_null, kind_false, kind_true, kind_number, kind_string, kind_array, kind_object };

/// Members of an array or object are a chain through `next`; in an object each has a key.
struct value {
  enum kind kind;
  uint32_t length;
  double number;
  const char* text;
  const char* key;
  uint32_t key_length;
  struct value* first;
  struct value* next;
};

// ---- writing ----

struct writer {
  char* text;
  size_t length;
};

static void put(struct writer* w, char c) { w->text[w->length++] = c; }

static void put_text(struct writer* w, const char* text) {
  while (*text) put(w, *text++);
}

/// Numbers of the document have at most three decimals, so thousandths are exact.
static void put_number(struct writer* w, double number) {
  int64_t scaled = (int64_t)(number * 1000.0 + (number < 0 ? -0.5 : 0.5));
  if (scaled < 0) put(w, '-'), scaled = -scaled;
  char digits[24];
  int count = 0;
  int64_t whole = scaled / 1000;
  do digits[count++] = (char)('0' + whole % 10);
  while (whole /= 10);
  while (count) put(w, digits[--count]);
  int part = (int)(scaled % 1000);
  if (part == 0) return;
  put(w, '.');
  for (int place = 100; part; place /= 10) put(w, (char)('0' + part / place)), part %= place;
}

static void put_string(struct writer* w, const char* text, uint32_t length) {
  put(w, '"');
  for (uint32_t i = 0; i < length; ++i) {
    char c = text[i];
    if (c == '"' || c == '\\') put(w, '\\');
    if (c == '\n') {
      put_text(w, "\\n");
    } else {
      put(w, c);
    }
  }
  put(w, '"');
}

static void print_value(struct writer* w, const struct value* v) {
  static const char* const words[] = {"null", "false", "true"};
  switch (v->kind) {
    case kind_null:
    case kind_false:
    case kind_true: put_text(w, words[v->kind]); return;
    case kind_number: put_number(w, v->number); return;
    case kind_string: put_string(w, v->text, v->length); return;
    case kind_array:
    case kind_object: break;
  }
  put(w, v->kind == kind_array ? '[' : '{');
  for (const struct value* at = v->first; at; at = at->next) {
    if (at != v->first) put(w, ',');
    if (v->kind == kind_object) put_string(w, at->key, at->key_length), put(w, ':');
    print_value(w, at);
  }
  put(w, v->kind == kind_array ? ']' : '}');
}

// ---- a document ----

static void generate(struct writer* w, uint32_t* random, int depth) {
  uint32_t draw = next_random(random) >> 5;
  char name[16];
  uint32_t length = 3 + draw % 12;
  for (uint32_t i = 0; i < length; ++i) {
    name[i] = (draw + i * 7) % 29 == 0 ? '"' : (char)('a' + (draw + i * i) % 26);
  }
  if (depth == depth_max || (depth > 2 && draw % 3 == 0)) {
    switch (draw % 4) {
      case 0: put_number(w, (double)(int)(draw % 2000000 - 1000000) / 8.0); return;
      case 1: put_string(w, name, length); return;
      case 2: put_text(w, draw & 64 ? "true" : "null"); return;
      default: put_number(w, (double)(draw % 1000)); return;
    }
  }
  int is_object = draw & 1, count = 3 + (int)(draw % 4);
  put(w, is_object ? '{' : '[');
  for (int i = 0; i < count; ++i) {
    if (i) put_text(w, ", ");
    if (is_object) name[0] = (char)('a' + i), put_string(w, name, length), put_text(w, ": ");
    generate(w, random, depth + 1);
  }
  put(w, is_object ? '}' : ']');
}

// ---- parsing ----

struct parser {
  char* at;  ///< strings are unescaped in place
  struct value* values;
  size_t used;
};

static void skip_space(struct parser* p) {
  while (*p->at == ' ' || *p->at == '\n' || *p->at == '\t' || *p->at == '\r') ++p->at;
}

static char* parse_string(struct parser* p, uint32_t* length) {
  char *text = ++p->at, *to = text;
  while (*p->at != '"') {
    char c = *p->at++;
    if (c == '\\') c = *p->at == 'n' ? (++p->at, '\n') : *p->at++;
    *to++ = c;
  }
  ++p->at;
  *length = (uint32_t)(to - text);
  return text;
}

static double parse_number(struct parser* p) {
  int negative = *p->at == '-';
  if (negative) ++p->at;
  double number = 0, scale = 1;
  while (*p->at >= '0' && *p->at <= '9') number = number * 10 + (*p->at++ - '0');
  if (*p->at == '.') {
    ++p->at;
    while (*p->at >= '0' && *p->at <= '9') number = number * 10 + (*p->at++ - '0'), scale *= 10;
  }
  return negative ? -number / scale : number / scale;
}

static struct value* parse_value(struct parser* p);

static void parse_members(struct parser* p, struct value* v, char close) {
  struct value** link = &v->first;
  ++p->at;
  for (skip_space(p); *p->at != close; skip_space(p)) {
    if (*p->at == ',') ++p->at, skip_space(p);
    char* key = NULL;
    uint32_t key_length = 0;
    if (close == '}') {
      key = parse_string(p, &key_length);
      skip_space(p);
      ++p->at;
    }
    struct value* member = parse_value(p);
    member->key = key;
    member->key_length = key_length;
    *link = member;
    link = &member->next;
    ++v->length;
  }
  ++p->at;
}

static struct value* parse_value(struct parser* p) {
  skip_space(p);
  struct value* v = &p->values[p->used++];
  *v = (struct value){0};
  switch (*p->at) {
    case '{': v->kind = kind_object, parse_members(p, v, '}'); break;
    case '[': v->kind = kind_array, parse_members(p, v, ']'); break;
    case '"': v->kind = kind_string, v->text = parse_string(p, &v->length); break;
    case 't': v->kind = kind_true, p->at += 4; break;
    case 'f': v->kind = kind_false, p->at += 5; break;
    case 'n': v->kind = kind_null, p->at += 4; break;
    default: v->kind = kind_number, v->number = parse_number(p);
  }
  return v;
}

int main(int argc, char** argv) {
  long rounds = kernel_size(argc, argv, 24);
  static char texts[2][text_capacity];
  static struct value values[value_capacity];
  uint32_t random = 20260101;
  uint64_t hash = 0;
  for (long r = 0; r < rounds; ++r) {
    struct writer document = {texts[0], 0};
    generate(&document, &random, 0);
    put(&document, '\0');
    for (int pass = 0; pass < 4; ++pass) {
      struct parser parser = {texts[pass & 1], values, 0};
      struct value* root = parse_value(&parser);
      struct writer printed = {texts[~pass & 1], 0};
      print_value(&printed, root);
      put(&printed, '\0');
      hash = mix(hash, (uint64_t)printed.length * 65536 + parser.used);
    }
    for (size_t i = 0; texts[0][i]; ++i) hash = mix(hash, (uint8_t)texts[0][i]);
  }
  return kernel_done("json", hash);
}
