/* The least that the job can cost on libcurl: one prebuilt body, POSTed again and again by a plain
   multi loop in C. It refuses to be clever, and does nothing with the answers.

   floor calls URL BODY_FILE COUNT AT_ONCE   make the calls; print the CPU seconds they took
   floor hold URL BODY_FILE COUNT            hold so many in flight; print KiB of memory a call */
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define AT_ONCE_MAX 1000
#define BODY_MAX 65536

static char body[BODY_MAX];
static long body_size;
static const char *url;
static CURL *easies[AT_ONCE_MAX];
static struct curl_slist *headers[AT_ONCE_MAX];
static unsigned serial;

static size_t drop (char *bytes, size_t one, size_t size, void *unused) {
  (void)bytes; (void)one; (void)unused;
  return size;
}

static void read_body (const char *name) {
  FILE *file = fopen(name, "rb");
  if (file == NULL) exit(2);
  body_size = (long)fread(body, 1, sizeof body, file);
  fclose(file);
}

static CURL *make_easy (size_t place) {
  CURL *easy = curl_easy_init();
  curl_easy_setopt(easy, CURLOPT_URL, url);
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, drop);
  curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body);
  curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, body_size);
  curl_easy_setopt(easy, CURLOPT_PRIVATE, (char *)NULL + place);
  return easy;
}

/* A call with a key of its own. */
static void start (CURLM *multi, size_t place) {
  char key[80];
  struct curl_slist *list = NULL;
  if (easies[place] == NULL) easies[place] = make_easy(place);
  snprintf(key, sizeof key, "Klarna-Idempotency-Key: 00000000-0000-4000-8000-%012u", ++serial);
  list = curl_slist_append(list, "Content-Type: application/json");
  list = curl_slist_append(list, "Authorization: Basic a2xhcm5hX3Rlc3RfYXBpX2tleTo=");
  list = curl_slist_append(list, key);
  curl_easy_setopt(easies[place], CURLOPT_HTTPHEADER, list);
  curl_slist_free_all(headers[place]);
  headers[place] = list;
  curl_multi_add_handle(multi, easies[place]);
}

/* Take what is complete and start as many more. -> how many were complete */
static unsigned turn (CURLM *multi, unsigned left) {
  unsigned done = 0;
  CURLMsg *message;
  int queued;
  while ((message = curl_multi_info_read(multi, &queued)) != NULL) {
    char *place = NULL;
    CURL *easy = message->easy_handle;
    if (message->data.result != CURLE_OK) exit(3);
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, &place);
    curl_multi_remove_handle(multi, easy);
    done++;
    if (left > 0) {
      left--;
      start(multi, (size_t)(place - (char *)NULL));
    }
  }
  return done;
}

static void calls (CURLM *multi, unsigned count, unsigned at_once) {
  unsigned started = at_once < count ? at_once : count, done = 0;
  int running;
  for (size_t i = 0; i < started; i++) start(multi, i);
  while (done < count) {
    unsigned more;
    curl_multi_perform(multi, &running);
    more = turn(multi, count - started);
    done += more;
    started = started + more < count ? started + more : count;
    if (more == 0) curl_multi_poll(multi, NULL, 0, 1000, NULL);
  }
}

static long resident_kib (void) {
  char line[128];
  long kib = 0;
  FILE *file = fopen("/proc/self/status", "r");
  while (file != NULL && fgets(line, sizeof line, file) != NULL)
    if (strncmp(line, "VmRSS:", 6) == 0) kib = strtol(line + 6, NULL, 10);
  if (file != NULL) fclose(file);
  return kib;
}

/* Until nothing moves any more. */
static void hold (CURLM *multi, unsigned count) {
  long before;
  int running;
  curl_multi_perform(multi, &running);
  before = resident_kib();
  for (size_t i = 0; i < count; i++) start(multi, i);
  for (int i = 0; i < 300; i++) {
    curl_multi_perform(multi, &running);
    curl_multi_poll(multi, NULL, 0, 10, NULL);
  }
  printf("%.2f\n", (double)(resident_kib() - before) / count);
}

int main (int count, char **words) {
  CURLM *multi;
  if (count < 5) return 2;
  url = words[2];
  read_body(words[3]);
  curl_global_init(CURL_GLOBAL_DEFAULT);
  multi = curl_multi_init();
  if (strcmp(words[1], "hold") == 0 && count == 5) {
    hold(multi, (unsigned)strtoul(words[4], NULL, 10));
  } else if (count == 6) {
    unsigned at_once = (unsigned)strtoul(words[5], NULL, 10);
    clock_t before;
    calls(multi, at_once, at_once); /* connections are made here */
    before = clock();
    calls(multi, (unsigned)strtoul(words[4], NULL, 10), at_once);
    printf("%.6f\n", (double)(clock() - before) / CLOCKS_PER_SEC);
  }
  return 0;
}
