-- Flyway runs this after every migration, also if nothing was to be applied.
call set_up_roles();
