# find_package(Residue) gives Residue::residue, for residue.h: there is nothing to link.
get_filename_component(residue_prefix "${CMAKE_CURRENT_LIST_DIR}/../../.." ABSOLUTE)
if(NOT TARGET Residue::residue)
  add_library(Residue::residue INTERFACE IMPORTED)
  set_target_properties(Residue::residue PROPERTIES INTERFACE_INCLUDE_DIRECTORIES "${residue_prefix}/include")
endif()
# The program, for tests that run under it.
if(NOT TARGET Residue::program AND EXISTS "${residue_prefix}/bin/residue")
  add_executable(Residue::program IMPORTED)
  set_target_properties(Residue::program PROPERTIES IMPORTED_LOCATION "${residue_prefix}/bin/residue")
endif()
unset(residue_prefix)
