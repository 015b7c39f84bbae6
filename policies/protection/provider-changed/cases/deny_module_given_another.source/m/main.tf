resource "azurerm_mssql_database" "dwh" {
  name = "x"
}
