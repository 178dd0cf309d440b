/* What a file is by its own bytes, whatever its name says, and the digest of its content. It has
   no opinion on how large a file may be or which kinds somebody takes.

   Files are read in small pieces; nothing here allocates but libcrypto's one digest context. */
#ifndef KASSA_MEDIA_H
#define KASSA_MEDIA_H

#include <stddef.h>
#include <stdint.h>
#include "core/rc.h"

/* An open file or some bytes of the caller's. */
struct ka_media {
  const char *bytes;  /* NULL: the file */
  int file;           /* -1: none */
  uint64_t size;
};

/* Some bytes, which must outlive m. */
void ka_media_of_bytes (struct ka_media *m, const char *bytes, size_t size);

/* Open a file. -> NULL, or why it cannot be read: "missing", "directory", "unreadable"; then there
   is nothing to close. */
const char *ka_media_open (struct ka_media *m, const char *path) KA_CHECKED;

/* Close what ka_media_open opened; harmless for bytes. */
void ka_media_close (struct ka_media *m);

/* "pdf", "jpeg", "png", "docx"; or NULL and why: "empty", "unreadable", "unknown". A PDF may begin
   with blanks or a byte order mark; a DOCX is a ZIP file that names word/document.xml. */
const char *ka_media_kind (const struct ka_media *m, const char **why);

/* SHA-256 of the content into 32 bytes. KA_INVALID: it cannot be read to its end; KA_NOMEM;
   KA_FAILED. */
enum ka_rc ka_media_sha256 (const struct ka_media *m, unsigned char *digest) KA_CHECKED;

#endif
