// Userdata classes.
//
// An object is a full userdata: one word of header, then the payload. The header holds the address of the
// class's entry in the state's record while the object is alive, and NULL once it was finalised.
//
// An object is recognised by three facts: it is a full userdata, of the right size, and its header carries the
// class, which nobody but the functions below writes. Neither names nor metatables count: the debug library can
// give any metatable to any value.
#ifndef CLUABRIDGE_OBJECTS_H
#define CLUABRIDGE_OBJECTS_H

#include "cluabridge_state.h"

#pragma clang assume_nonnull begin

/// The word in front of every payload.
typedef struct {
    cluabridge_Class *_Nullable owner;
} cluabridge_Header;

/// A class number that no other class of this program has, or -1 when CLUABRIDGE_CLASS_LIMIT is reached.
int cluabridge_new_class(void);

/// Makes the table on top of the stack the metatable of class number `index`, and gives it `__gc` if there is
/// a finalizer. [-0, +0]
void cluabridge_install_class(lua_State *L, int index, size_t size, cluabridge_Finalizer _Nullable finalizer);

/// Pushes the metatable of an installed class. [-0, +1]
void cluabridge_push_metatable(lua_State *L, int index);

/// Pushes a new object of an installed class and returns its payload, not initialised. [-0, +1]
void *cluabridge_new_object(lua_State *L, int index, int user_values);

/// Pushes the `__index` function of a class with properties. [-2, +1]
///
/// Takes two values from the stack: the table of members, where a function is a method and a light userdata a
/// getter's body; and the body for all other keys as a light userdata, or nil.
void cluabridge_push_index(lua_State *L);

/// Pushes the `__newindex` function of a class. [-4, +1]
///
/// Takes four values from the stack: the class's name, the table of members as above, the table of setters
/// (light userdata), and the body for all other keys as a light userdata, or nil.
void cluabridge_push_newindex(lua_State *L);

/// The payload of the object at `index` if it is a live object of that class, else NULL.
static inline void *_Nullable cluabridge_object(lua_State *L, int index, int class_index) {
    const cluabridge_Class *class = &cluabridge_state(L)->classes[class_index];
    // Zero for anything but strings, tables and full userdata; the next line rules out the first two.
    if (lua_rawlen(L, index) != sizeof(cluabridge_Header) + class->size) return NULL;
    cluabridge_Header *header = lua_touserdata(L, index);
    return header != NULL && header->owner == class ? header + 1 : NULL;
}

/// The number of the class of the live object at `index`, -1 if it is anything else.
static inline int cluabridge_class_number(lua_State *L, int index) {
    if (lua_type(L, index) != LUA_TUSERDATA || lua_rawlen(L, index) < sizeof(cluabridge_Header)) return -1;
    const cluabridge_Class *first = cluabridge_state(L)->classes;
    const cluabridge_Header *header = lua_touserdata(L, index);
    uintptr_t distance = (uintptr_t)header->owner - (uintptr_t)first;
    if (distance >= sizeof(cluabridge_Class) * CLUABRIDGE_CLASS_LIMIT) return -1;
    int number = (int)(distance / sizeof(cluabridge_Class));
    return cluabridge_object(L, index, number) == NULL ? -1 : number;
}

/// Whether the object at `index` has the class's metatable but was already finalised.
bool cluabridge_is_finalized(lua_State *L, int index, int class_index);

#pragma clang assume_nonnull end

#endif
