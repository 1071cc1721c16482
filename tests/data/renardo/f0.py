k1 >> play("X ")
