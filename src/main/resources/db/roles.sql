-- Gives the roles their rights (migration/R__9_roles.sql), for who applies the migrations by hand. Run by the owner of the tables after
-- the migrations, and again after each new login.
call set_up_roles();
