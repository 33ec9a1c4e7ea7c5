insert into notes values (2);
