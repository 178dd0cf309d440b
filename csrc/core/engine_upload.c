/* Bodies that are more than one string of the caller's: a file, or a form of several parts. They
   are read piece by piece while they are sent; it refuses to hold a copy of any.

   A file is opened once, when the call is submitted, and its size then is what is announced. One
   that grows is sent as it was, one that is removed can still be read, and one that shrinks ends
   the call: the server waits for bytes that nobody has. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/stat.h>
#include "core/engine_parts.h"

#define SHRUNK "the file became shorter while it was being sent"
#define UNREADABLE "the file could not be read to its end"

static size_t give (struct source *s, char *room, size_t wanted) {
  ssize_t got;
  if (s->bytes != NULL) {
    memcpy(room, s->bytes + s->at, wanted);
    return wanted;
  }
  do {
    got = pread(s->file, room, wanted, (off_t)s->at);
  } while (got < 0 && errno == EINTR);
  if (got <= 0) s->transfer->broken = got == 0 ? SHRUNK : UNREADABLE;
  return got > 0 ? (size_t)got : CURL_READFUNC_ABORT;
}

/* libcurl asks for the next piece. */
static size_t on_read (char *room, size_t one, size_t count, void *source) {
  struct source *s = source;
  size_t left = s->size - s->at, wanted = one * count < left ? one * count : left;
  size_t given = wanted > 0 ? give(s, room, wanted) : 0;
  if (given != CURL_READFUNC_ABORT) s->at += given;
  return given;
}

/* libcurl sends the body again, from its beginning. */
static int on_seek (void *source, curl_off_t offset, int origin) {
  struct source *s = source;
  if (origin != SEEK_SET || offset < 0 || (size_t)offset > s->size) return CURL_SEEKFUNC_CANTSEEK;
  s->at = (size_t)offset;
  return CURL_SEEKFUNC_OK;
}

/* Opening must not wait for a writer, should the path be a pipe's. KA_INVALID: see errno. */
static KA_CHECKED enum ka_rc open_file (struct source *s, const char *path) {
  struct stat about;
  s->file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (s->file < 0 || fstat(s->file, &about) != 0) return KA_INVALID;
  errno = S_ISDIR(about.st_mode) ? EISDIR : EINVAL;
  if (!S_ISREG(about.st_mode)) return KA_INVALID;
  s->size = (size_t)about.st_size;
  return KA_OK;
}

/* One more source of the transfer: this file, or else these bytes. */
static KA_CHECKED enum ka_rc add_source (struct transfer *t, const char *file, const char *bytes,
                                         size_t size) {
  struct source *s = &t->sources[t->sources_count++];
  enum ka_rc rc = KA_OK;
  *s = (struct source){.transfer = t, .bytes = bytes, .file = -1, .size = size};
  if (file != NULL) rc = open_file(s, file);
  if (rc == KA_OK) t->upload_size += s->size;
  return rc;
}

static KA_CHECKED enum ka_rc open_sources (struct transfer *t, const struct ka_request *r,
                                           const char **unreadable) {
  size_t count = r->body_file != NULL ? 1 : r->parts_count;
  enum ka_rc rc = KA_OK;
  t->sources = calloc(count, sizeof *t->sources);
  if (t->sources == NULL) return KA_NOMEM;
  for (size_t i = 0; rc == KA_OK && i < count; i++) {
    const struct ka_part *part = r->body_file == NULL ? &r->parts[i] : NULL;
    *unreadable = part != NULL ? part->file : r->body_file;
    rc = add_source(t, *unreadable, part != NULL ? part->data : NULL,
                    part != NULL ? part->data_size : 0);
  }
  return rc;
}

static bool add_part (struct transfer *t, const struct ka_part *part, struct source *s) {
  curl_mimepart *made = curl_mime_addpart(t->mime);
  if (made == NULL || curl_mime_name(made, part->name) != CURLE_OK) return false;
  if (part->filename != NULL && curl_mime_filename(made, part->filename) != CURLE_OK) return false;
  if (part->type != NULL && curl_mime_type(made, part->type) != CURLE_OK) return false;
  return curl_mime_data_cb(made, (curl_off_t)s->size, on_read, on_seek, NULL, s) == CURLE_OK;
}

static KA_CHECKED enum ka_rc make_form (struct transfer *t, const struct ka_request *r) {
  t->mime = curl_mime_init(t->easy);
  if (t->mime == NULL) return KA_NOMEM;
  for (size_t i = 0; i < r->parts_count; i++)
    if (!add_part(t, &r->parts[i], &t->sources[i])) return KA_NOMEM;
  return KA_OK;
}

enum ka_rc ka_upload_open (struct transfer *t, const struct ka_request *r,
                           const char **unreadable) {
  enum ka_rc rc;
  t->upload = r->body;
  t->upload_size = r->body_size;
  if (r->body_file == NULL && r->parts_count == 0) return KA_OK;
  rc = open_sources(t, r, unreadable);
  if (rc != KA_OK) return rc;
  if (r->parts_count > 0) return make_form(t, r);
  curl_easy_setopt(t->easy, CURLOPT_READFUNCTION, on_read);
  curl_easy_setopt(t->easy, CURLOPT_READDATA, t->sources);
  curl_easy_setopt(t->easy, CURLOPT_SEEKFUNCTION, on_seek);
  curl_easy_setopt(t->easy, CURLOPT_SEEKDATA, t->sources);
  return KA_OK;
}

/* The form goes first: it reads from the sources. */
void ka_upload_close (struct transfer *t) {
  if (t->mime != NULL) curl_mime_free(t->mime);
  for (size_t i = 0; i < t->sources_count; i++)
    if (t->sources[i].file >= 0) close(t->sources[i].file);
  free(t->sources);
  t->mime = NULL;
  t->sources = NULL;
  t->sources_count = t->upload_size = 0;
  t->upload = t->broken = NULL;
}

/* Until libcurl has begun, what it puts around the parts of a form is not counted. */
size_t ka_upload_size (const struct transfer *t) {
  curl_off_t announced = -1;
  if (t->mime != NULL && t->easy != NULL && t->sends > 0)
    curl_easy_getinfo(t->easy, CURLINFO_CONTENT_LENGTH_UPLOAD_T, &announced);
  return announced > 0 ? (size_t)announced : t->upload_size;
}

size_t ka_upload_sent (const struct transfer *t) {
  curl_off_t sent = 0;
  if (t->easy != NULL && t->sends > 0)
    curl_easy_getinfo(t->easy, CURLINFO_SIZE_UPLOAD_T, &sent);
  return sent > 0 ? (size_t)sent : 0;
}
