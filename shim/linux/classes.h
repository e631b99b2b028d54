/* C++ classes of the modules that are loaded, whose objects nobody was seen to hand out. */
#ifndef SHIM_LINUX_CLASSES_H
#define SHIM_LINUX_CLASSES_H

/* Watches the methods of all classes that have one of the plan's interfaces as a base, by its name;
 * of those that were compiled without type information (-fno-rtti), none. Takes the loader's lock;
 * one thread at a time. */
void rs_classes_watch(void);

#endif
