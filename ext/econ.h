/* econ.h: the only public header of sqlite-econ.
 *
 * sqlite3_econ_init is the entry point that SQLite calls when the extension is loaded (.load dist/econ). A program that
 * links the static build (-DSQLITE_CORE) registers it with sqlite3_auto_extension((void (*)(void))sqlite3_econ_init). */
#ifndef ECON_H
#define ECON_H

#define ECON_VERSION "0.1.0"

#if defined(_WIN32)
#define ECON_EXPORT __declspec(dllexport)
#else
#define ECON_EXPORT __attribute__((visibility("default")))
#endif

struct sqlite3;
struct sqlite3_api_routines;

#ifdef __cplusplus
extern "C" {
#endif
ECON_EXPORT int sqlite3_econ_init(struct sqlite3 *db, char **message, const struct sqlite3_api_routines *api);
#ifdef __cplusplus
}
#endif
#endif
