resource "terraform_data" "v" {
  name = "x"

  provisioner "local-exec" {
    when    = destroy
    command = "echo bye"
  }
}
