# Acquire and release pairs of libraries that know nothing of Residue.
pair SSL_new SSL_free
pair g_slice_alloc g_slice_free1 size=arg1 release-handle=arg2
pair curl_global_init curl_global_cleanup handle=none ok=zero
pair iconv_open iconv_close ok=not-minus-one
