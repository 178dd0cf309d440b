/* The least that a program with libcurl costs before its first request, and what `require "kassa"`
   with a client is measured against. It makes a multi and an easy handle, and sends nothing. */
#include <curl/curl.h>

int main (void) {
  CURLM *multi;
  CURL *easy;
  if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) return 1;
  multi = curl_multi_init();
  easy = curl_easy_init();
  curl_easy_cleanup(easy);
  curl_multi_cleanup(multi);
  curl_global_cleanup();
  return multi == NULL || easy == NULL;
}
