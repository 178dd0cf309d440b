/* Kinds of files by their first bytes, and by the directory at the end of a ZIP file. It refuses to
   read further than it needs: what is behind a good beginning is the receiver's to judge.

   ZIP: PKWARE's APPNOTE.TXT 6.3.10, sections 4.3.12 (central directory) and 4.3.16 (its end). */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>
#include <sys/stat.h>
#include <openssl/evp.h>
#include "core/media.h"

#define BLOCK 16384         /* bytes read at once */
#define HEAD_MAX 1024       /* of them may a PDF's mark be found in */
#define COMMENT_MAX 65535   /* bytes behind the end of a ZIP directory */
#define END_SIZE 22
#define ENTRY_SIZE 46
#define NAME_MAX_SIZE 64    /* a longer name in a ZIP file is none that counts */

void ka_media_of_bytes (struct ka_media *m, const char *bytes, size_t size) {
  *m = (struct ka_media){.bytes = bytes, .file = -1, .size = size};
}

/* Opening must not wait for a writer, should the path be a pipe's. */
const char *ka_media_open (struct ka_media *m, const char *path) {
  struct stat about;
  *m = (struct ka_media){.file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
  if (m->file < 0) return errno == ENOENT || errno == ENOTDIR ? "missing" : "unreadable";
  if (fstat(m->file, &about) == 0 && S_ISREG(about.st_mode)) {
    m->size = (uint64_t)about.st_size;
    return NULL;
  }
  ka_media_close(m);
  return S_ISDIR(about.st_mode) ? "directory" : "unreadable";
}

void ka_media_close (struct ka_media *m) {
  if (m->file >= 0) close(m->file);
  m->file = -1;
}

/* Exactly so many bytes from there. False: they are not there, or cannot be read. */
static bool fetch (const struct ka_media *m, uint64_t at, unsigned char *room, size_t size) {
  size_t got = 0;
  if (size > m->size || at > m->size - size) return false;
  if (m->file < 0) {
    memcpy(room, m->bytes + at, size);
    return true;
  }
  while (got < size) {
    ssize_t more = pread(m->file, room + got, size - got, (off_t)(at + got));
    if (more < 0 && errno == EINTR) continue;
    if (more <= 0) return false;
    got += (size_t)more;
  }
  return true;
}

/* ---- ZIP ------------------------------------------------------------------------------------ */

static unsigned le16 (const unsigned char *p) { return p[0] | (unsigned)p[1] << 8; }

static uint32_t le32 (const unsigned char *p) { return le16(p) | (uint32_t)le16(p + 2) << 16; }

struct directory { uint64_t at, end; unsigned count; };

/* Is this the end of a directory? It lies `at` in the file; comment and directory must fit. */
static bool read_end (const struct ka_media *m, const unsigned char *p, uint64_t at,
                      struct directory *d) {
  if (le32(p) != 0x06054b50 || at + END_SIZE + le16(p + 20) > m->size) return false;
  d->count = le16(p + 10);
  d->at = le32(p + 16);
  d->end = d->at + le32(p + 12);
  return d->end <= at;
}

/* Search for the end of the directory backwards, in blocks that overlap by less than one end. */
static bool find_directory (const struct ka_media *m, struct directory *d) {
  unsigned char block[BLOCK];
  uint64_t first = m->size > END_SIZE + COMMENT_MAX ? m->size - END_SIZE - COMMENT_MAX : 0;
  uint64_t stop = m->size;
  while (stop >= first + END_SIZE) {
    uint64_t start = stop - first > BLOCK ? stop - BLOCK : first;
    if (!fetch(m, start, block, (size_t)(stop - start))) return false;
    for (size_t i = (size_t)(stop - start) - END_SIZE + 1; i-- > 0;)
      if (read_end(m, block + i, start + i, d)) return true;
    stop = start + END_SIZE - 1;
  }
  return false;
}

/* word/document.xml, or with a number behind it, as some editors name it. */
static bool is_document (const char *name, size_t size) {
  static const char stem[] = "word/document", tail[] = ".xml";
  size_t at = sizeof stem - 1;
  if (size < at || memcmp(name, stem, at) != 0) return false;
  while (at < size && name[at] >= '0' && name[at] <= '9') at++;
  return size - at == sizeof tail - 1 && memcmp(name + at, tail, sizeof tail - 1) == 0;
}

static bool names_document (const struct ka_media *m, const struct directory *d) {
  unsigned char entry[ENTRY_SIZE], name[NAME_MAX_SIZE];
  uint64_t at = d->at;
  for (unsigned i = 0; i < d->count && at + ENTRY_SIZE <= d->end; i++) {
    size_t size;
    if (!fetch(m, at, entry, ENTRY_SIZE) || le32(entry) != 0x02014b50) return false;
    size = le16(entry + 28);
    at += ENTRY_SIZE;
    if (size <= NAME_MAX_SIZE && fetch(m, at, name, size) && is_document((char *)name, size))
      return true;
    at += size + le16(entry + 30) + le16(entry + 32);
  }
  return false;
}

static bool is_docx (const struct ka_media *m) {
  struct directory d;
  return find_directory(m, &d) && names_document(m, &d);
}

/* ---- kinds ---------------------------------------------------------------------------------- */

static bool begins (const unsigned char *head, size_t size, const char *mark, size_t length) {
  return size >= length && memcmp(head, mark, length) == 0;
}

static bool is_pdf (const unsigned char *head, size_t size) {
  size_t at = begins(head, size, "\xef\xbb\xbf", 3) ? 3 : 0;
  while (at < size && head[at] != '\0' && strchr(" \t\r\n", head[at]) != NULL) at++;
  return begins(head + at, size - at, "%PDF-", 5);
}

const char *ka_media_kind (const struct ka_media *m, const char **why) {
  unsigned char head[HEAD_MAX];
  size_t size = m->size < HEAD_MAX ? (size_t)m->size : HEAD_MAX;
  *why = "empty";
  if (size == 0) return NULL;
  *why = "unreadable";
  if (!fetch(m, 0, head, size)) return NULL;
  *why = "unknown";
  if (begins(head, size, "\xff\xd8\xff", 3)) return "jpeg";
  if (begins(head, size, "\x89PNG\r\n\x1a\n", 8)) return "png";
  if (is_pdf(head, size)) return "pdf";
  return begins(head, size, "PK\3\4", 4) && is_docx(m) ? "docx" : NULL;
}

/* ---- digest --------------------------------------------------------------------------------- */

static KA_CHECKED enum ka_rc digest_all (const struct ka_media *m, EVP_MD_CTX *context) {
  unsigned char block[BLOCK];
  uint64_t at = 0;
  if (m->file < 0)
    return EVP_DigestUpdate(context, m->bytes, (size_t)m->size) == 1 ? KA_OK : KA_FAILED;
  while (at < m->size) {
    size_t size = m->size - at < BLOCK ? (size_t)(m->size - at) : BLOCK;
    if (!fetch(m, at, block, size)) return KA_INVALID;
    if (EVP_DigestUpdate(context, block, size) != 1) return KA_FAILED;
    at += size;
  }
  return KA_OK;
}

enum ka_rc ka_media_sha256 (const struct ka_media *m, unsigned char *digest) {
  EVP_MD_CTX *context = EVP_MD_CTX_new();
  enum ka_rc rc = KA_NOMEM;
  if (context == NULL) return rc;
  rc = EVP_DigestInit_ex(context, EVP_sha256(), NULL) == 1 ? KA_OK : KA_FAILED;
  if (rc == KA_OK) rc = digest_all(m, context);
  if (rc == KA_OK && EVP_DigestFinal_ex(context, digest, NULL) != 1) rc = KA_FAILED;
  EVP_MD_CTX_free(context);
  return rc;
}
