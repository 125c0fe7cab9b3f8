// Points the process's standard error elsewhere while TensorFlow loads: a few of its lines are written before any of
// its settings is read, and Node cannot duplicate a descriptor that is a pipe or a socket.
#include <fcntl.h>
#include <node_api.h>
#include <unistd.h>

namespace {

napi_value Number(napi_env env, int32_t value) {
  napi_value result = nullptr;
  napi_create_int32(env, value, &result);
  return result;
}

// silence(): sends standard error to nowhere. Returns what `restore` needs; -1 when there is none to silence.
napi_value Silence(napi_env env, napi_callback_info) {
  const int saved = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
  if (saved < 0) return Number(env, -1);
  const int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
  if (nowhere < 0) {
    close(saved);
    return Number(env, -1);
  }
  dup2(nowhere, STDERR_FILENO);
  close(nowhere);
  return Number(env, saved);
}

// restore(saved): gives standard error back.
napi_value Restore(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value argument = nullptr;
  int32_t saved = -1;
  napi_get_cb_info(env, info, &count, &argument, nullptr, nullptr);
  if (napi_get_value_int32(env, argument, &saved) == napi_ok && saved >= 0) {
    dup2(saved, STDERR_FILENO);
    close(saved);
  }
  return nullptr;
}

napi_value Init(napi_env env, napi_value exports) {
  napi_value function = nullptr;
  napi_create_function(env, "silence", NAPI_AUTO_LENGTH, Silence, nullptr, &function);
  napi_set_named_property(env, exports, "silence", function);
  napi_create_function(env, "restore", NAPI_AUTO_LENGTH, Restore, nullptr, &function);
  napi_set_named_property(env, exports, "restore", function);
  return exports;
}

}  // namespace

NAPI_MODULE(NODE_GYP_MODULE_NAME, Init)
