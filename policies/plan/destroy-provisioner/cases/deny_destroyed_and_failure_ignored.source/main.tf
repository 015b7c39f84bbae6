resource "terraform_data" "v" {
  name = "x"
  count = 0

  provisioner "local-exec" {
    when       = destroy
    on_failure = continue
    command = "echo bye"
  }
}
